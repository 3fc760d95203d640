// One WebSocket to the explorer. ask(verb, fields) promises the last answer and shows each on its
// way; of each verb only the newest question counts, there and here.

import { say } from "./parts.js";

const open = new Map();     // id → { verb, each, resolve, reject, last }
const newest = {};          // verb → id
let socket = null, count = 0, waiting = [];

export function connect(onHello) {
  socket = new WebSocket(`ws://${location.host}/talk`);
  socket.onopen = () => {
    say("");
    waiting.forEach((message) => socket.send(message));
    waiting = [];
  };
  socket.onmessage = ({ data }) => hear(JSON.parse(data), onHello);
  socket.onclose = () => {
    say("The explorer has ended. Run python -m demos explore, and this page goes on.");
    open.clear();
    setTimeout(() => connect(onHello), 2000);
  };
}

function hear({ id, ...answer }, onHello) {
  if (id === 0) return onHello(answer);
  const asked = open.get(id);
  if (!asked) return;
  if (newest[asked.verb] !== id) return open.delete(id);
  if (answer.error) {
    open.delete(id);
    say(answer.error);
    asked.reject(Object.assign(new Error(answer.error), { told: true }));
  } else if (answer.done) {
    open.delete(id);
    asked.resolve(asked.last);
  } else {
    asked.last = answer;
    asked.each?.(answer);
  }
}

export function ask(verb, fields, each = null, bytes = null) {
  const id = ++count;
  open.delete(newest[verb]);
  newest[verb] = id;
  const question = JSON.stringify({ id, verb, ...fields });
  send(bytes ? new Blob([question, "\n", bytes]) : question);
  return new Promise((resolve, reject) => open.set(id, { verb, each, resolve, reject }));
}

export function stop(kind) {
  send(JSON.stringify({ verb: "stop", kind }));
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(message);
  else waiting.push(message);
}
