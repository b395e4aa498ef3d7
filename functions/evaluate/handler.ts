import { evaluateEnvironment } from '../../shared/config/environment.ts';
import { deployedSurroundings } from '../surroundings.ts';
import { wireEvaluate } from './wire.ts';

const environment = evaluateEnvironment();

export const handler = wireEvaluate(environment, deployedSurroundings('evaluate', environment.logLevel));
