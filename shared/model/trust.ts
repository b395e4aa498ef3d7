/**
 * Who is trusted outside the owner account. Compared by ARN field, never by substring.
 * `accounts`: 12 digits. `organizations`: `o-…`. `organizationalUnits`: paths `o-…/r-…/ou-…/`.
 * `principals`: exact ARNs; a role's ARN covers the role's sessions.
 */
export interface Trust {
  readonly accounts: readonly string[];
  readonly organizations: readonly string[];
  readonly organizationalUnits: readonly string[];
  readonly principals: readonly string[];
}

export const NO_TRUST: Trust = { accounts: [], organizations: [], organizationalUnits: [], principals: [] };
