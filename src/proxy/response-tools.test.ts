import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { READ_NEED, READ_OK } from '../http/field-section.ts';
import { ResponseToolStore, TOOLS_FREE_MAX } from './response-tools.ts';

const LIMITS = { headBytes: 1000, headerCount: 10 };

describe('ResponseToolStore', () => {
  it('gives to the next connection what one has given back', () => {
    const store = new ResponseToolStore(LIMITS);
    const tools = store.take();
    assert.equal(store.free, 0);
    store.give(tools);
    assert.equal(store.free, 1);
    assert.equal(store.take(), tools);
    assert.equal(store.free, 0);
  });

  it('gives nobody what somebody has', () => {
    const store = new ResponseToolStore(LIMITS);
    assert.notEqual(store.take(), store.take());
  });

  it('keeps no more than TOOLS_FREE_MAX', () => {
    const store = new ResponseToolStore(LIMITS);
    const all = Array.from({ length: TOOLS_FREE_MAX + 3 }, () => store.take());
    for (const tools of all) store.give(tools);
    assert.equal(store.free, TOOLS_FREE_MAX);
  });

  it('shows nothing of the response before', () => {
    const store = new ResponseToolStore(LIMITS);
    const tools = store.take();
    const bytes = Buffer.from('HTTP/1.1 404 Not Found\r\nSet-Cookie: a\r\nContent-Length: 5\r\n\r\n');
    assert.equal(tools.heads.read(tools.head, bytes, 0, bytes.length), READ_OK);
    store.give(tools);
    const { head } = store.take();
    assert.deepEqual([head.text, head.status, head.fields.count, head.hasBegun], ['', 0, 0, false]);
  });

  it('forgets half a head', () => {
    const store = new ResponseToolStore(LIMITS);
    const tools = store.take();
    const half = Buffer.from('HTTP/1.1 404 Not Found\r\nSet-Coo');
    assert.equal(tools.heads.read(tools.head, half, 0, half.length), READ_NEED);
    store.give(tools);
    const again = store.take();
    const whole = Buffer.from('HTTP/1.1 200 OK\r\nA: b\r\n\r\n');
    assert.equal(again.heads.read(again.head, whole, 0, whole.length), READ_OK);
    assert.deepEqual([again.head.status, again.head.fields.count], [200, 1]);
  });
});
