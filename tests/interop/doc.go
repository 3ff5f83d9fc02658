// Package interop tests Rookery with NetBird's own agent.
//
// The agent is the embeddable client of the released module, so what is tested is what users run: its login, its
// Sync, Signal and Relay connections, its ICE and its WireGuard. Each test has a network namespace of its own, in
// which the server runs as a user would start it, and the agents run in child processes of the test (this same test
// binary started again, see RunAgentProcess), because the agent reads its environment variables once per process.
package interop
