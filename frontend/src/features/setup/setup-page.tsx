import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { LockIcon } from "@/components/icons";
import { Notice } from "@/components/notice";
import { Spinner } from "@/components/spinner";
import { ApiError, claim } from "@/lib/api/client";

interface Props {
  readonly token: string;
  readonly onDone: () => void;
}

/** Trades the link's token for a session; a used or old link says how to get another. */
export function SetupPage({ token, onDone }: Props) {
  const queries = useQueryClient();
  const setup = useMutation({
    mutationFn: claim,
    onSuccess: (session) => {
      queries.setQueryData(["session"], session);
      onDone();
    },
  });
  const { mutate } = setup;
  const tried = useRef<string | null>(null);
  useEffect(() => {
    // The token works once: an effect that runs twice must not spend it twice.
    if (tried.current === token) return;
    tried.current = token;
    mutate(token);
  }, [token, mutate]);

  if (!setup.isError) return <Notice icon={<Spinner />} title="Signing you in…" level={1} />;
  const unreachable = setup.error instanceof ApiError && setup.error.status === 0;
  return (
    <Notice icon={<LockIcon />} title={unreachable ? "The server does not answer" : "This link does not work any more"} level={1} role="alert">
      {unreachable ? (
        <p>Check that facegate is still running, then open the link again.</p>
      ) : (
        <p>A link works once and for 30 minutes. Make another one on the server's computer:</p>
      )}
      <Command text={unreachable ? "facegate serve" : "facegate users setup-link"} />
    </Notice>
  );
}

/** Nobody is signed in: how to get a link. */
export function SignedOutPage({ claimed }: { readonly claimed: boolean }) {
  return claimed ? (
    <Notice icon={<LockIcon />} title="You are signed out" level={1}>
      <p>To sign in, open a link made on the server's computer. It works once and for 30 minutes.</p>
      <Command text="facegate users setup-link" />
    </Notice>
  ) : (
    <Notice icon={<LockIcon />} title="Open the owner's link" level={1}>
      <p>
        This facegate has no owner yet. The terminal where it was started shows a link ending in <code>#setup=…</code>. Open it
        in this browser. If it is no longer there, make another:
      </p>
      <Command text="facegate users setup-link" />
    </Notice>
  );
}

function Command({ text }: { readonly text: string }) {
  return (
    <p className="command">
      <code>{text}</code>
    </p>
  );
}
