import { alertEnvironment } from '../../shared/config/environment.ts';
import { deployedSurroundings } from '../surroundings.ts';
import { wireAlert } from './wire.ts';

const environment = alertEnvironment();

export const handler = wireAlert(environment, deployedSurroundings('alert', environment.logLevel));
