/** The mark: three encoders look at one moment. */
export function BrandMark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect x="1" y="3.5" width="22" height="4.4" rx="2.2" fill="var(--m-encoder-1)" />
      <rect x="1" y="9.8" width="15" height="4.4" rx="2.2" fill="var(--m-encoder-2)" />
      <rect x="1" y="16.1" width="8" height="4.4" rx="2.2" fill="var(--m-encoder-3)" />
      <circle cx="20" cy="18.3" r="3" fill="var(--m-clip)" />
    </svg>
  );
}
