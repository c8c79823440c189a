import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "react-aria-components";

import { LinkOffIcon, Mark, MoonIcon, SignOutIcon, SunIcon } from "@/components/icons";
import { Notice } from "@/components/notice";
import { Spinner } from "@/components/spinner";
import { LivePage } from "@/features/live/live-page";
import { takeSetupToken } from "@/features/setup/fragment";
import { SetupPage, SignedOutPage } from "@/features/setup/setup-page";
import { ApiError, type ServerState, getSession, signOut } from "@/lib/api/client";
import { switchTheme, theme } from "@/lib/theme";

const RETRY_MS = 2000;

export function App() {
  const [token, setToken] = useState(takeSetupToken);
  useEffect(() => {
    // Opening a link in a tab that shows this page changes the fragment only.
    const take = () => setToken((current) => takeSetupToken() ?? current);
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);

  const session = useQuery({
    queryKey: ["session"],
    queryFn: getSession,
    enabled: token === null,
    refetchInterval: (query) => (query.state.status === "error" ? RETRY_MS : false),
  });
  const signedIn = session.data !== undefined && isIn(session.data);

  return (
    <div className="app">
      <Header session={session.data ?? null} />
      <main className={signedIn && token === null ? "main" : "main centred"}>
        {token !== null ? (
          <SetupPage token={token} onDone={() => setToken(null)} />
        ) : session.data ? (
          signedIn ? (
            <LivePage server={session.data} key={session.data.session?.role ?? "open"} />
          ) : (
            <SignedOutPage claimed={session.data.claimed} />
          )
        ) : session.isError ? (
          <Unreachable error={session.error} />
        ) : (
          <Notice icon={<Spinner />} title="Loading…" level={1} />
        )}
      </main>
    </div>
  );
}

function isIn(session: ServerState): boolean {
  return session.session !== null || session.live_access === "open";
}

function Header({ session }: { readonly session: ServerState | null }) {
  const shown = useSyncExternalStore(theme.subscribe, theme.get);
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: signOut,
    onSettled: () => queries.invalidateQueries({ queryKey: ["session"] }),
  });
  return (
    <header className="header">
      <a className="brand" href="/" aria-label="facegate, start">
        <Mark />
        <span>facegate</span>
      </a>
      {session && isIn(session) && (
        <nav aria-label="Pages">
          <a href="/live" aria-current="page">
            Live
          </a>
        </nav>
      )}
      <span className="header-space" />
      {session?.live_access === "open" && (
        <span className="tag" title="Anyone on this computer can use this page without signing in (FACEGATE_LIVE_ACCESS=open).">
          open access
        </span>
      )}
      <Button className="icon-button" onPress={switchTheme} aria-label={shown === "dark" ? "Use light colours" : "Use dark colours"}>
        {shown === "dark" ? <SunIcon /> : <MoonIcon />}
      </Button>
      {session?.session && (
        <Button className="icon-button" onPress={() => leave.mutate()} aria-label="Sign out">
          <SignOutIcon />
        </Button>
      )}
    </header>
  );
}

function Unreachable({ error }: { readonly error: Error }) {
  const starting = error instanceof ApiError && error.code === "not_ready";
  return starting ? (
    <Notice icon={<Spinner />} title="Getting ready" level={1}>
      <p>The server is starting. This takes a few seconds.</p>
    </Notice>
  ) : (
    <Notice icon={<LinkOffIcon />} title="The server does not answer" level={1} role="alert">
      <p>Check that facegate is running. This page tries again by itself.</p>
    </Notice>
  );
}
