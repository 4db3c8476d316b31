// Every page in the first languages, and what is tried once. Starts first: it takes longest.
import { everyPage } from '../lib/every-page.mjs';

everyPage({ languages: ['en', 'th'], more: true });
