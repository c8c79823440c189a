import type { ReactNode } from "react";

interface Props {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** `alert` is read out at once, `status` when the reader is idle. */
  readonly role?: "alert" | "status";
  readonly level?: 1 | 2;
}

/** One designed state: what is the case, why, and what to do. */
export function Notice({ icon, title, children, actions, role = "status", level = 2 }: Props) {
  const Title = level === 1 ? "h1" : "h2";
  return (
    <div className="notice" role={role}>
      <span className="notice-icon">{icon}</span>
      <Title>{title}</Title>
      {children}
      {actions && <div className="notice-actions">{actions}</div>}
    </div>
  );
}
