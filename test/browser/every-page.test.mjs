// Every page in five languages. Starts first: it takes longest.
import { everyPage } from '../lib/every-page.mjs';

everyPage();
