import type { Plan } from '../model/change.ts';
import type { ConfiguredControl, ControlContext, ControlDoc, Judgement } from '../model/control.ts';
import type { FactName, KnownFacts } from '../model/facts.ts';
import { RESOURCE_TYPES, type Resource, type ResourceType } from '../model/resource.ts';
import type { ControlSettings } from '../model/settings.ts';
import type { JsonObject } from '../model/verdict.ts';

/** What a control may know besides the facts, with its own options. */
export interface Context<Options> extends ControlContext {
  readonly options: Options;
}

/** The facts a control sees: those it always needs, and those that some of its options ask for. */
export type Seen<N extends FactName, O extends FactName> = KnownFacts<N> & Partial<KnownFacts<O>>;

/** How a control judges one type of resource. `evaluate` sees exactly the facts declared in `needs` and `mayNeed`. */
export interface Judge<Options, M extends string, N extends FactName, O extends FactName> {
  readonly needs: readonly N[];
  /** Further facts, read only where the options want them. */
  readonly mayNeed?: (options: Options) => readonly O[];
  readonly evaluate: (facts: Seen<N, O>, context: Context<Options>) => Judgement<M>;
  /** Only for NON_COMPLIANT facts. Null: nothing can be proposed. */
  readonly plan?: (facts: Seen<N, O>, context: Context<Options>) => Plan | null;
}

/** One type's judge with the fact names erased: safe, for a function that reads few facts may be given all. */
interface ErasedJudge<Options> {
  readonly needs: (options: Options) => readonly FactName[];
  readonly evaluate: (facts: KnownFacts, context: Context<Options>) => Judgement;
  readonly plan: (facts: KnownFacts, context: Context<Options>) => Plan | null;
}

/** States how a type of resource is judged; only so that `evaluate` is typed by its own `needs`. */
export const judging = <Options, M extends string, N extends FactName, O extends FactName = never>(
  judge: Judge<Options, M, N, O>,
): ErasedJudge<Options> => ({
  needs: (options) => [...judge.needs, ...(judge.mayNeed?.(options) ?? [])],
  evaluate: judge.evaluate,
  plan: judge.plan ?? (() => null),
});

/** One requirement of the catalogue, as its file states it. */
interface ControlDefinition<Options, M extends string> extends ControlDoc {
  readonly messages: { readonly [K in M]: string };
  /** Validates options from the configuration and fills in defaults; throws `ConfigError` naming the key. */
  readonly parseOptions: (raw: JsonObject) => Options;
  readonly judges: { readonly [T in ResourceType]?: ErasedJudge<Options> };
}

/** One requirement of the catalogue: its words, its options, and how it is made ready for judging. */
export interface Control extends ControlDoc {
  readonly resourceTypes: readonly ResourceType[];
  /** Validates options from the configuration and fills in defaults; throws `ConfigError` naming the key. */
  readonly parseOptions: (raw: JsonObject) => JsonObject;
  /** The control with these settings bound. Throws `ConfigError` for options that are not its own. */
  readonly configure: (
    settings: Pick<ControlSettings, 'severity' | 'remediate' | 'options'>,
  ) => ConfiguredControl;
}

/** Makes a control of its definition. The options' type stays inside. */
export const defineControl = <Options extends JsonObject, M extends string>(
  definition: ControlDefinition<Options, M>,
): Control => {
  const { judges, parseOptions, ...doc } = definition;
  return {
    ...doc,
    resourceTypes: typesOf(judges),
    parseOptions,
    configure: ({ severity, remediate, options: raw }) => {
      const options = parseOptions(raw);
      const judgeOf = ({ resource }: ControlContext): ErasedJudge<Options> =>
        judgeFor(doc.id, judges, resource);
      return {
        ...doc,
        needs: needsOf(judges, options),
        severityOverride: severity,
        remediate,
        evaluate: (facts, context) => judgeOf(context).evaluate(facts, { ...context, options }),
        plan: (facts, context) => judgeOf(context).plan(facts, { ...context, options }),
      };
    },
  };
};

type Judges<Options> = ControlDefinition<Options, string>['judges'];

const typesOf = <Options>(judges: Judges<Options>): ResourceType[] =>
  RESOURCE_TYPES.filter((type) => judges[type] !== undefined);

const needsOf = <Options>(judges: Judges<Options>, options: Options): ConfiguredControl['needs'] =>
  Object.fromEntries(typesOf(judges).map((type) => [type, judges[type]?.needs(options)]));

const judgeFor = <Options>(id: string, judges: Judges<Options>, { type }: Resource): ErasedJudge<Options> => {
  const judge = judges[type];
  if (judge === undefined) throw new TypeError(`control ${id} does not judge a ${type}`);
  return judge;
};
