import type { ReactNode } from "react";

/** A button that shows a drawing; `label` is its name. */
export function IconButton({
  label,
  onClick,
  disabled = false,
  testId,
  children,
}: {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  testId?: string;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
      data-testid={testId}
      className="grid size-8 place-items-center rounded-lg text-soft transition-colors hover:bg-raised hover:text-ink disabled:opacity-35 disabled:hover:bg-transparent"
    >
      {children}
    </button>
  );
}

/** One of several, all of them shown. */
export function Segments<Value extends string | number>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value | undefined;
  options: readonly { value: Value; text: ReactNode; name?: string; testId?: string; disabled?: boolean }[];
  onChange: (value: Value) => void;
}) {
  return (
    <fieldset className="flex rounded-lg bg-raised p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          aria-label={option.name}
          title={option.name}
          disabled={option.disabled}
          data-testid={option.testId}
          onClick={() => onChange(option.value)}
          className="min-w-7 rounded-md px-1.5 py-1 text-xs sm:min-w-8 sm:px-2 font-semibold text-soft tabular-nums transition-colors hover:text-ink disabled:opacity-35 aria-pressed:bg-card aria-pressed:text-ink aria-pressed:shadow-sm"
        >
          {option.text}
        </button>
      ))}
    </fieldset>
  );
}

/** A part of the page with a heading. */
export function Card({
  title,
  id,
  aside,
  className = "",
  testId,
  children,
}: {
  title: string;
  id: string;
  aside?: ReactNode;
  className?: string;
  testId?: string;
  children: ReactNode;
}) {
  return (
    <section aria-labelledby={id} data-testid={testId} className={`rounded-xl border border-line bg-card ${className}`}>
      <header className="flex items-center justify-between gap-3 px-4 pt-3 pb-2">
        <h2 id={id} className="text-[13px] font-semibold tracking-tight">
          {title}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
