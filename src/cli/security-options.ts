import { InvalidArgumentError, Option, type Command } from "commander";
import {
  isSecurityAsked,
  securityLevels,
  securityTableNames,
  type AskedSecurity,
  type SecurityLevel,
} from "../he-ml/crypto/security-tables.js";
import { InputError } from "../he-ml/errors.js";

/** `--security` and `--security-table`: how secure the parameters that are chosen are to be. */
export function addSecurityOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--security <bits>",
        "bits of security to choose parameters for: 128, 192 or 256 (default: 128)",
      ).argParser(level),
    )
    .addOption(
      new Option(
        "--security-table <year>",
        "by the standard of 2018 or the stricter guidelines of 2024 (default: 2018)",
      ).choices(securityTableNames),
    );
}

function level(text: string): SecurityLevel {
  const found = securityLevels.find((bits) => String(bits) === text);
  if (found) return found;
  throw new InvalidArgumentError(`Allowed choices are ${securityLevels.join(", ")}.`);
}

/** @throws InputError if security is asked for beside parameters, which have their own */
export function securityAsked(
  command: string,
  { security, securityTable, parameters }: AskedSecurity & { readonly parameters?: string },
): AskedSecurity {
  const asked = { security, securityTable };
  if (parameters === undefined || !isSecurityAsked(asked)) return asked;
  throw new InputError(
    `${command}: --security and --security-table choose parameters, and --parameters gives them with their own; ` +
      `leave one of the two out`,
  );
}
