/**
 * Inspection in an Express application (npm install express ./sallyport-0.1.0.tgz, which npm pack makes).
 */
import express from 'express';
import { inspectRequests, loadInspector } from './inspect-requests.js';

const app = express();

app.use(
  inspectRequests(loadInspector(), {
    onHits: (hits, request) => console.warn(request.method, request.path, hits),
  }),
);
// Whatever reads bodies comes after it.
app.use(express.json());
app.use(express.urlencoded());

app.post('/comments', (request, response) => {
  response.json({ received: request.body });
});

app.listen(3000);
