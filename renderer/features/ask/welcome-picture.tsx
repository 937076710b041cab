/** Three encoders pick their frames out of one film: the drawing on the empty screen. */
export function WelcomePicture() {
  const columns = 11;
  const rows = [
    { colour: 'var(--m-encoder-1)', picked: [0, 2, 4, 6, 8, 10] },
    { colour: 'var(--m-encoder-2)', picked: [1, 5, 9] },
    { colour: 'var(--m-encoder-3)', picked: [3, 7] },
  ];
  const x = (column: number) => 10 + column * 27;
  return (
    <svg width="310" height="104" viewBox="0 0 310 104" aria-hidden="true">
      {Array.from({ length: columns }, (_, column) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed drawing.
          key={column}
          x={x(column)}
          y="4"
          width="22"
          height="34"
          rx="4"
          fill="var(--m-active)"
        />
      ))}
      {rows.map((row, i) => (
        <g key={row.colour} fill={row.colour}>
          <rect x="10" y={53 + i * 18} width="292" height="1" opacity="0.22" />
          {row.picked.map((column) => (
            <g key={column}>
              <rect x={x(column)} y="4" width="22" height="34" rx="4" opacity="0.32" />
              <rect x={x(column) + 10} y="40" width="1.5" height={9 + i * 18} opacity="0.35" />
              <rect x={x(column) + 6} y={49 + i * 18} width="10" height="9" rx="3" />
            </g>
          ))}
        </g>
      ))}
      <rect x="170" y="0" width="2" height="104" rx="1" fill="var(--m-text)" />
      <rect x="166.5" y="0" width="9" height="7" rx="3" fill="var(--m-text)" />
    </svg>
  );
}
