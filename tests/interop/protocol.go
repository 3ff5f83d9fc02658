package interop

import (
	"encoding/json"
	"time"
)

// The test and its agent processes exchange one JSON object per line: requests on the child's standard input, answers
// on its standard output. Answers come in the order in which the work is done and are matched by id.
type request struct {
	ID     int             `json:"id"`
	Op     string          `json:"op"`
	Params json.RawMessage `json:"params,omitempty"`
}

type response struct {
	ID     int             `json:"id"`
	Error  string          `json:"error,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// The operations of an agent process.
const (
	opPing       = "ping"        // pingResult
	opStart      = "start"       // startParams -> Started
	opStop       = "stop"        // agentParams
	opStatus     = "status"      // agentParams -> Status
	opMap        = "map"         // agentParams -> NetworkMap
	opEcho       = "echo"        // echoParams -> EchoResult
	opProbeStart = "probe-start" // probeParams
	opProbeStop  = "probe-stop"  // agentParams -> ProbeResult
)

type pingResult struct {
	PID         int               `json:"pid"`
	Environment map[string]string `json:"environment"` // the agent's own variables
}

type agentParams struct {
	Agent string `json:"agent"`
}

type startParams struct {
	Agent         string        `json:"agent"` // its name in this process and in the network
	ManagementURL string        `json:"management_url"`
	SetupKey      string        `json:"setup_key"`
	ConfigPath    string        `json:"config_path,omitempty"` // empty: the identity is lost with the process
	StatePath     string        `json:"state_path"`
	Limit         time.Duration `json:"limit"`
}

// Started tells who an agent is, once it runs.
type Started struct {
	IP     string `json:"ip"`
	PubKey string `json:"pub_key"`
	FQDN   string `json:"fqdn"`
}

// Status is an agent's own view of its connections.
type Status struct {
	IP         string       `json:"ip"`
	PubKey     string       `json:"pub_key"`
	Management bool         `json:"management"`
	Signal     bool         `json:"signal"`
	Peers      []PeerStatus `json:"peers"`
}

// PeerStatus is an agent's view of another one.
type PeerStatus struct {
	PubKey       string    `json:"pub_key"`
	Connected    bool      `json:"connected"`
	Relayed      bool      `json:"relayed"`
	RelayAddress string    `json:"relay_address"`
	LocalICE     string    `json:"local_ice"`
	RemoteICE    string    `json:"remote_ice"`
	Handshake    time.Time `json:"handshake"` // WireGuard's last
}

// NetworkMap is what Management told an agent last.
type NetworkMap struct {
	Serial  uint64   `json:"serial"`
	PubKeys []string `json:"pub_keys"` // of the other peers, online and offline
}

type echoParams struct {
	Agent   string        `json:"agent"`
	Network string        `json:"network"` // udp or tcp
	IP      string        `json:"ip"`
	Count   int           `json:"count"`
	Limit   time.Duration `json:"limit"`
}

// EchoResult tells about a completed series of echoes.
type EchoResult struct {
	FirstAt time.Time     `json:"first_at"` // when the first answer came
	Resent  int           `json:"resent"`   // UDP messages that were sent again
	Median  time.Duration `json:"median"`   // of the round trips
	Slowest time.Duration `json:"slowest"`
}

type probeParams struct {
	Agent string `json:"agent"`
	IP    string `json:"ip"`
}

// ProbeResult tells about a stream of UDP messages, one every probeInterval.
type ProbeResult struct {
	Sent       int           `json:"sent"`
	Answered   int           `json:"answered"`
	LongestGap time.Duration `json:"longest_gap"` // longest time without an answer
	GapEnd     time.Time     `json:"gap_end"`     // the answer that ended it
}
