/** The `/live` socket: one at a time, a fresh ticket for each, everything it knows kept outside React. */

import { type Socket, io } from "socket.io-client";

import { Store } from "@/lib/store";

import { type Connection, type ConnectionEvent, type DropCause, nextConnection } from "./connection";
import {
  CONNECTION_LOST,
  type EnrollConsent,
  type EnrollTarget,
  type FinishChoice,
  type FrameReply,
  NO_ANSWER,
  type Reply,
  type SampleAnswer,
  type SavedAnswer,
  errorOf,
  readFrameReply,
  readReply,
} from "./protocol";
import { Refused, SignedOut } from "./refusal";

const ACK_TIMEOUT_MS = 6000;
/** Saving waits for the disk, and its answer must not be missed: nobody can tell whether to save again. */
const FINISH_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 8000;

/** What the client needs of a Socket.IO socket. */
export type LiveSocket = Pick<Socket, "on" | "connect" | "disconnect" | "removeAllListeners"> & {
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
};

export interface LiveClientOptions {
  /** A single-use ticket, or null where the server asks for none. Throws SignedOut or Refused. */
  readonly ticket: () => Promise<string | null>;
  readonly open?: (auth: Record<string, string>) => LiveSocket;
  readonly random?: () => number;
}

function openSocket(auth: Record<string, string>): LiveSocket {
  return io("/live", {
    auth,
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: CONNECT_TIMEOUT_MS,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
  });
}

export class LiveClient {
  readonly connection = new Store<Connection>({ phase: "idle" });

  readonly #options: LiveClientOptions;
  #socket: LiveSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Raised at every change, so that an answer to an earlier attempt changes nothing. */
  #life = 0;

  constructor(options: LiveClientOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.connection.get().phase === "idle") this.#step({ type: "start" });
  }

  stop(): void {
    this.#step({ type: "stop" });
  }

  /** Try at once: instead of at the end of the wait, or instead of an attempt that hangs. */
  retryNow(): void {
    this.#step({ type: "retry" });
  }

  async sendFrame(jpeg: Blob, seq: number, capturedMs: number): Promise<FrameReply> {
    const raw = await this.#ask(ACK_TIMEOUT_MS, "frame", jpeg, { seq, captured_ms: Math.round(capturedMs) });
    return readFrameReply(raw);
  }

  async sendSample(target: EnrollTarget, consent: EnrollConsent, jpeg: Blob): Promise<Reply<SampleAnswer>> {
    return readReply<SampleAnswer>(await this.#ask(ACK_TIMEOUT_MS, "enroll", { ...target, ...consent }, jpeg), "accepted", "samples");
  }

  async finish(choice: FinishChoice): Promise<Reply<SavedAnswer>> {
    return readReply<SavedAnswer>(await this.#ask(FINISH_TIMEOUT_MS, "enroll_finish", choice), "person");
  }

  /** Makes the server forget the pictures of this socket; false when it did not say that it has. */
  async cancel(): Promise<boolean> {
    return errorOf(await this.#ask(ACK_TIMEOUT_MS, "enroll_cancel")) === null;
  }

  async #ask(timeoutMs: number, event: string, ...args: unknown[]): Promise<unknown> {
    const socket = this.connection.get().phase === "open" ? this.#socket : null;
    if (!socket) return { error: CONNECTION_LOST };
    try {
      return await socket.timeout(timeoutMs).emitWithAck(event, ...args);
    } catch {
      return { error: socket === this.#socket ? NO_ANSWER : CONNECTION_LOST };
    }
  }

  #step(event: ConnectionEvent): void {
    const before = this.connection.get();
    const after = nextConnection(before, event);
    if (after === before) return;
    this.#life += 1;
    clearTimeout(this.#timer);
    if (after.phase !== "open" && this.#socket) {
      this.#socket.removeAllListeners();
      this.#socket.disconnect();
      this.#socket = null;
    }
    this.connection.set(after);
    if (after.phase === "connecting") void this.#connect(this.#life);
    if (after.phase === "waiting") this.#timer = setTimeout(() => this.#step({ type: "retry" }), after.delayMs);
  }

  #drop(cause: DropCause): void {
    this.#step({ type: "dropped", cause, random: (this.#options.random ?? Math.random)() });
  }

  async #connect(life: number): Promise<void> {
    let ticket: string | null;
    try {
      ticket = await this.#options.ticket();
    } catch (error) {
      if (life !== this.#life) return;
      if (error instanceof SignedOut) this.#step({ type: "signed_out" });
      else this.#drop(error instanceof Refused ? error.reason : "unreachable");
      return;
    }
    if (life !== this.#life) return;
    const socket = (this.#options.open ?? openSocket)(ticket === null ? {} : { ticket });
    this.#socket = socket;
    socket.on("connect", () => this.#step({ type: "opened" }));
    socket.on("disconnect", () => this.#drop("lost"));
    socket.on("connect_error", (error: Error & { data?: unknown }) => this.#drop(causeOf(error)));
    socket.connect();
  }
}

/** Why the server closed the door: python-socketio sends the refusal's arguments as message and data. */
function causeOf(error: Error & { data?: unknown }): DropCause {
  const said = `${error.message} ${JSON.stringify(error.data ?? "")}`;
  if (said.includes("overloaded")) return "overloaded";
  if (said.includes("not_ready")) return "not_ready";
  if (said.includes("forbidden")) return "forbidden";
  return "unreachable";
}
