/** What the workers have counted, summed, as samples. */
import type { Distribution, Sample } from './family.ts';
import type { Field } from './layout.ts';
import { HISTOGRAM_CELLS, PLACES, WORKER } from './layout.ts';
import type { Place, PlaceBook } from './place-book.ts';

/** All that exchanges have counted. `workers` is how many of the blocks are in use. */
export function collectCounts(book: PlaceBook, workers: number): readonly Sample[] {
  const samples: Sample[] = [];
  for (const place of book.places()) {
    for (const field of Object.values(PLACES[place.kind])) collectField(book, place, field, samples);
  }
  for (let worker = 0; worker < workers; worker++) {
    for (const field of Object.values(WORKER)) collectGauges(book, worker, field, samples);
  }
  return samples;
}

function collectField(book: PlaceBook, place: Place, field: Field, samples: Sample[]): void {
  const { family, isSparse, series } = field;
  const at = place.at + field.at;
  if (family.type === 'histogram') {
    samples.push({ family, labels: place.labels, value: distribution(book, at) });
    return;
  }
  for (const [index, labels] of series.entries()) {
    const value = book.sum(at + index);
    if (value !== 0 || !isSparse) samples.push({ family, labels: [...place.labels, ...labels], value });
  }
}

function collectGauges(book: PlaceBook, worker: number, field: Field, samples: Sample[]): void {
  for (const [index, labels] of field.series.entries()) {
    const value = book.ofWorker(worker, field.at + index);
    samples.push({ family: field.family, labels: [String(worker), ...labels], value });
  }
}

function distribution(book: PlaceBook, at: number): Distribution {
  const counts = Array.from({ length: HISTOGRAM_CELLS - 1 }, (_, index) => book.sum(at + index));
  return { counts, sum: book.sum(at + HISTOGRAM_CELLS - 1) };
}
