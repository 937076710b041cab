import { IconCube, IconMovie } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useStudio } from '../../components/studio-context.tsx';
import { dropKind } from '../../lib/drop-kind.ts';
import classes from './drop-overlay.module.css';

/** The whole window takes a dropped file; while one is dragged over it, it says so. */
export function DropOverlay() {
  const { openDropped, manager, navigation } = useStudio();
  const onModels = useStore(navigation.store, (state) => state.screen !== 'ask');
  const [over, setOver] = useState(false);

  useEffect(() => {
    // Entering a child leaves its parent: only the count tells when the window is left.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onEnter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const onOver = (event: DragEvent) => {
      // Without this the browser would open the file in the window's place.
      event.preventDefault();
      if (event.dataTransfer && hasFiles(event)) event.dataTransfer.dropEffect = 'copy';
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      depth = 0;
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      if (dropKind(file.name, onModels) === 'model') void manager.installDropped(file);
      else void openDropped(file);
    };
    window.addEventListener('dragenter', onEnter);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('dragover', onOver);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragenter', onEnter);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('drop', onDrop);
    };
  }, [openDropped, manager, onModels]);

  if (!over) return null;
  return (
    <div className={classes.overlay}>
      <div className={classes.frame}>
        {onModels ? (
          <IconCube size={34} stroke={1.3} aria-hidden />
        ) : (
          <IconMovie size={34} stroke={1.3} aria-hidden />
        )}
        <p>{onModels ? 'Drop to install a model' : 'Drop to ask about it'}</p>
      </div>
    </div>
  );
}
