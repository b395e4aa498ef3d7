import { remediateEnvironment } from '../../shared/config/environment.ts';
import { deployedSurroundings } from '../surroundings.ts';
import { wireRemediate } from './wire.ts';

const environment = remediateEnvironment();

export const handler = wireRemediate(environment, deployedSurroundings('remediate', environment.logLevel));
