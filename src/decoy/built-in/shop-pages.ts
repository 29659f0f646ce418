/** The ordinary pages of the invented shop: what is between the interesting ones. */
import { databaseAnswer } from './database.ts';
import type { DecoyAnswer } from './page.ts';
import { escapeHtml, repeated, shopPage } from './page.ts';
import type { ReadRequest } from './request.ts';
import { parameter } from './request.ts';
import type { Product, Site } from './site.ts';

export function homePage(site: Site): DecoyAnswer {
  const products = site.products.slice(0, 8);
  return shopPage(site, 200, `Welcome to ${site.name}`, `<p>New this month:</p>\n${listOf(products)}`);
}

export function productPage(site: Site, request: ReadRequest): DecoyAnswer {
  const wanted = parameter(request, 'id');
  // The query of this page is the one that is easy to break.
  const quote = wanted.search(/['"\\]/);
  if (quote >= 0) return databaseAnswer(site, 'error', wanted.slice(quote));
  const id = Number.parseInt(wanted, 10);
  const product = site.products.find((each) => each.id === id);
  if (product === undefined)
    return shopPage(site, 404, 'Not available', '<p>This product is not available.</p>');
  const content = `<p>EUR ${product.price}, ready to send within two days.</p>\n<p>Article ${1000 + product.id}</p>`;
  return shopPage(site, 200, product.name, content);
}

/** Repeats what was searched for, escaped: see page.ts for whose browser this can be. */
export function searchPage(site: Site, request: ReadRequest): DecoyAnswer {
  const wanted = parameter(request, 'q') || parameter(request, 's');
  const field = `<form action="/search.php"><input type="search" name="q" value="${repeated(wanted)}"><button>Search</button></form>`;
  if (wanted === '') return shopPage(site, 200, 'Search', field);
  const found = site.products.filter((product) => product.name.toLowerCase().includes(wanted.toLowerCase()));
  const result =
    found.length > 0 ? listOf(found) : `<p>Nothing was found for <b>${repeated(wanted)}</b>.</p>`;
  return shopPage(site, 200, 'Search', `${field}\n${result}`);
}

export function contactPage(site: Site, request: ReadRequest): DecoyAnswer {
  if (request.method === 'POST') return shopPage(site, 200, 'Contact', '<p>Thank you for your message.</p>');
  const fields = ['name', 'email', 'message'].map(
    (name) => `<p><label>${name}<br><input name="${name}"></label></p>`,
  );
  const content = `<form method="post" action="/contact.php">\n${fields.join('\n')}\n<p><button>Send</button></p>\n</form>`;
  return shopPage(site, 200, 'Contact', content);
}

function listOf(products: readonly Product[]): string {
  const items = products.map(
    ({ id, name, price }) => `<li><a href="/product.php?id=${id}">${escapeHtml(name)}</a>, EUR ${price}</li>`,
  );
  return `<ul>\n${items.join('\n')}\n</ul>`;
}
