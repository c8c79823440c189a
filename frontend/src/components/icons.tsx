/** Line icons of our own, 20 px, drawn with the text's colour. */

import type { ReactNode } from "react";

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const CloseIcon = () => (
  <Icon>
    <path d="M5.5 5.5l9 9M14.5 5.5l-9 9" />
  </Icon>
);

export const PlusIcon = () => (
  <Icon>
    <path d="M10 4.5v11M4.5 10h11" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="M4.5 10.5l3.8 3.8 7.2-8.3" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.4" />
    <path d="M10 2.8v1.6M10 15.6v1.6M2.8 10h1.6M15.6 10h1.6M4.9 4.9l1.1 1.1M14 14l1.1 1.1M15.1 4.9L14 6M6 14l-1.1 1.1" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16.4 11.9A6.7 6.7 0 018.1 3.6a6.7 6.7 0 108.3 8.3z" />
  </Icon>
);

export const CameraIcon = () => (
  <Icon>
    <rect x="2.6" y="5.4" width="10.4" height="9.2" rx="2.2" />
    <path d="M13 9.2l4.4-2.4v6.4L13 10.8" />
  </Icon>
);

export const CameraOffIcon = () => (
  <Icon>
    <path d="M6.2 5.4h4.6A2.2 2.2 0 0113 7.6v1.6l4.4-2.4v6.4M13 13.4a2.2 2.2 0 01-2.2 1.2h-6a2.2 2.2 0 01-2.2-2.2V7.6a2.2 2.2 0 011-1.8M2.6 2.8l14.8 14.4" />
  </Icon>
);

export const LockIcon = () => (
  <Icon>
    <rect x="4.4" y="9" width="11.2" height="7.6" rx="2.2" />
    <path d="M7 9V6.6a3 3 0 016 0V9" />
  </Icon>
);

export const LinkOffIcon = () => (
  <Icon>
    <path d="M8.6 11.4a3.1 3.1 0 004.4 0l2.4-2.4a3.1 3.1 0 00-4.4-4.4l-.7.7M11.4 8.6a3.1 3.1 0 00-4.4 0L4.6 11a3.1 3.1 0 004.4 4.4l.7-.7M3.4 3.4l13.2 13.2" />
  </Icon>
);

export const PeopleIcon = () => (
  <Icon>
    <circle cx="7.6" cy="7" r="2.8" />
    <path d="M2.6 16c.4-3 2.3-4.6 5-4.6s4.6 1.6 5 4.6M13 4.4a2.8 2.8 0 010 5.2M14.6 11.8c1.6.6 2.6 2 2.8 4.2" />
  </Icon>
);

export const HourglassIcon = () => (
  <Icon>
    <path d="M5.5 3h9M5.5 17h9M6.5 3c0 4 3.5 4.4 3.5 7s-3.5 3-3.5 7M13.5 3c0 4-3.5 4.4-3.5 7s3.5 3 3.5 7" />
  </Icon>
);

export const SignOutIcon = () => (
  <Icon>
    <path d="M8.2 3.6H5.4a2 2 0 00-2 2v8.8a2 2 0 002 2h2.8M12.6 13.4L16 10l-3.4-3.4M16 10H8" />
  </Icon>
);

/** The mark: four corners around a face. */
export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" width="28" height="28" fill="none" aria-hidden="true">
    <path
      d="M4 11V8.5A4.5 4.5 0 018.5 4H11M21 4h2.5A4.5 4.5 0 0128 8.5V11M28 21v2.5a4.5 4.5 0 01-4.5 4.5H21M11 28H8.5A4.5 4.5 0 014 23.5V21"
      stroke="currentColor"
      strokeWidth="2.6"
      strokeLinecap="round"
    />
    <circle cx="16" cy="13.4" r="3.7" fill="var(--accent)" />
    <path d="M9.4 23.2c.7-3.7 3.200-5.5 6.6-5.5s5.900 1.800 6.6 5.5" stroke="var(--accent)" strokeWidth="2.6" strokeLinecap="round" />
  </svg>
);
