// Every page in the other languages. Starts first: it takes longest.
import { LANGUAGES } from '../lib/browser.mjs';
import { everyPage } from '../lib/every-page.mjs';

everyPage({ languages: LANGUAGES.filter((language) => !['en', 'th'].includes(language)) });
