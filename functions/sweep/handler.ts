import { sweepEnvironment } from '../../shared/config/environment.ts';
import { deployedSurroundings } from '../surroundings.ts';
import { wireSweep } from './wire.ts';

const environment = sweepEnvironment();

export const handler = wireSweep(environment, deployedSurroundings('sweep', environment.logLevel));
