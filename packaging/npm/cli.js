#!/usr/bin/env node
// Runs the program `handoff` of the package for this platform, which npm installed beside this one.
"use strict";
const { spawnSync } = require("node:child_process");
const { dirname, join } = require("node:path");

const platform = `${process.platform}-${process.arch}`;
const released = Object.keys(require("./package.json").optionalDependencies);

function fail(message) {
  process.stderr.write(`agent-handoff: ${message}\n`);
  process.exit(1);
}

function program() {
  const name = `agent-handoff-${platform}`;
  if (!released.includes(name)) {
    fail(`there is no released program for ${platform}; with Rust there, build it from a clone`);
  }
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), "bin", "handoff");
  } catch {
    return fail(`could not find the package ${name}: npm left it out; install it again with --include=optional`);
  }
}

const done = spawnSync(program(), process.argv.slice(2), { stdio: "inherit" });
if (done.error) {
  fail(`could not run ${program()}: ${done.error.message}`);
}
if (done.signal) {
  process.kill(process.pid, done.signal);
}
process.exitCode = done.status ?? 1;
