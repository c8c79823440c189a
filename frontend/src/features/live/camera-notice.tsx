import { Button } from "react-aria-components";

import type { CameraChoice } from "@/camera/camera";
import type { CameraProblem } from "@/camera/problem";
import { Notice } from "@/components/notice";
import { CameraIcon, CameraOffIcon, LockIcon } from "@/components/icons";

interface Props {
  readonly problem: CameraProblem;
  readonly onRetry: () => void;
  /** Stands beside the button: the choice of another camera. */
  readonly children?: React.ReactNode;
}

interface Words {
  readonly title: string;
  readonly body: React.ReactNode;
  readonly action: string | null;
}

const WORDS: Readonly<Record<CameraProblem, Words>> = {
  insecure: {
    title: "This page can't use the camera yet",
    body: (
      <>
        <p>
          Browsers allow the camera only on https pages, or on the computer that facegate runs on, at <code>127.0.0.1</code>.
        </p>
        <details>
          <summary>How to fix</summary>
          <p>
            On the server's own computer run <code>facegate open</code>. For other devices put an https proxy (Caddy, nginx,
            Traefik) before facegate and start it with <code>FACEGATE_PUBLIC_SCHEME=https</code> and{" "}
            <code>FACEGATE_ALLOWED_HOSTS</code> set to its name.
          </p>
        </details>
      </>
    ),
    action: null,
  },
  policy: {
    title: "The site around this page blocks the camera",
    body: <p>Its owner must allow it. Opened in a tab of its own, this page can use the camera.</p>,
    action: "Open in a new tab",
  },
  denied: {
    title: "Camera not allowed",
    body: (
      <>
        <p>This browser was told not to give the camera to this page. To change that:</p>
        <ul className="steps">
          <li>
            <b>Chrome, Edge:</b> the symbol left of the address, then Camera, Allow
          </li>
          <li>
            <b>Firefox:</b> the crossed-out camera left of the address
          </li>
          <li>
            <b>Safari on iPhone:</b> the page symbol in the address bar, Website Settings, Camera
          </li>
        </ul>
      </>
    ),
    action: "Try again",
  },
  missing: {
    title: "No camera found",
    body: <p>Connect one, or open this page on a device that has a camera.</p>,
    action: "Try again",
  },
  busy: {
    title: "Another app is using the camera",
    body: <p>Close video calls (Zoom, Teams, Meet) and try again.</p>,
    action: "Try again",
  },
  coarse: {
    title: "This camera is too coarse",
    body: <p>It needs 480 by 360 pixels at 10 pictures a second. Choose or connect another one.</p>,
    action: "Try again",
  },
  unplugged: {
    title: "The camera was disconnected",
    body: <p>Connect it again, or allow it again in the browser.</p>,
    action: "Try again",
  },
  failed: {
    title: "The camera did not start",
    body: <p>The browser gave no reason. Reloading the page or restarting the browser often helps.</p>,
    action: "Try again",
  },
};

export function CameraNotice({ problem, onRetry, children }: Props) {
  const words = WORDS[problem];
  const icon = problem === "insecure" || problem === "policy" ? <LockIcon /> : <CameraOffIcon />;
  const act = () => {
    if (problem === "policy") window.open(window.location.href, "_blank", "noopener");
    else onRetry();
  };
  return (
    <Notice
      icon={icon}
      title={words.title}
      role="alert"
      actions={
        words.action && (
          <>
            <Button className="button primary" onPress={act}>
              {words.action}
            </Button>
            {children}
          </>
        )
      }
    >
      {words.body}
    </Notice>
  );
}

interface PickerProps {
  readonly choices: readonly CameraChoice[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** The cameras of this device, where there is a choice. */
export function CameraPicker({ choices, chosen, onChoose }: PickerProps) {
  if (choices.length < 2) return null;
  return (
    <label className="pill">
      <CameraIcon />
      <span className="sr-only">Camera</span>
      <select value={chosen ?? ""} onChange={(event) => onChoose(event.target.value)}>
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Before the camera's first start: what will happen, then the browser's question. */
export function CameraInvitation({ onStart }: { readonly onStart: () => void }) {
  return (
    <Notice
      icon={<CameraIcon />}
      title="Show who is here"
      actions={
        <Button className="button primary large" onPress={onStart}>
          Start camera
        </Button>
      }
    >
      <p>Your browser will ask for the camera. Pictures go to this server only and are not kept.</p>
    </Notice>
  );
}
