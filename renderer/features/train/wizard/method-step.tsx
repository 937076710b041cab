import { useStore } from 'zustand';
import { recipeNames, trainsLanguageModel, usualAdapters } from '../../../../engine/contract/training.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { recipeHelp, recipeTitles } from '../../../lib/run-words.ts';
import { ChoiceCard } from './choice-card.tsx';
import { ConfigNumber } from './config-number.tsx';
import classes from './wizard.module.css';

/** What learns, how much of it, how long. The rest is under Advanced. */
export function MethodStep() {
  const { wizard } = useStudio();
  const { recipe, method } = useStore(wizard.store, (state) => state.config);
  return (
    <>
      <fieldset className={classes.part}>
        <legend className={classes.legend}>What is trained?</legend>
        <div className={classes.cards}>
          {recipeNames.map((name) => (
            <ChoiceCard
              key={name}
              name="recipe"
              title={recipeTitles[name]}
              about={recipeHelp[name]}
              checked={recipe === name}
              onChoose={() => wizard.chooseMethod({ recipe: name })}
            />
          ))}
        </div>
      </fieldset>
      {trainsLanguageModel(recipe) && (
        <fieldset className={classes.part}>
          <legend className={classes.legend}>How does the language model learn?</legend>
          <div className={classes.cards}>
            <ChoiceCard
              name="method"
              title="Adapters (LoRA)"
              about="Small additions learn, the weights stay. Little memory, quick, and hard to spoil."
              checked={method.kind === 'lora'}
              onChoose={() => wizard.chooseMethod({ method: usualAdapters() })}
            />
            <ChoiceCard
              name="method"
              title="All weights"
              about="Learns the most and takes about four times the model’s size in memory."
              checked={method.kind === 'full'}
              onChoose={() => wizard.chooseMethod({ method: { kind: 'full' } })}
            />
          </div>
        </fieldset>
      )}
      <section className={classes.part} aria-label="How long">
        <h2 className={classes.title}>How long, and how fast?</h2>
        <div className={classes.fields}>
          <ConfigNumber name="epochs" help="How often each example is seen" />
          <ConfigNumber name="batch" help="The weights change once for so many" />
          <ConfigNumber name="learningRate" help="How far a step goes" />
        </div>
      </section>
    </>
  );
}
