package interop

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"
)

const (
	echoPort      = "7007"
	echoResend    = 200 * time.Millisecond // a UDP message without an answer is sent again after this
	probeInterval = 100 * time.Millisecond
)

// dialFunc is the way into a network: an agent's, or the machine's in the tests of the harness.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// serveEchoUDP returns datagrams to their senders until the socket is closed.
func serveEchoUDP(socket net.PacketConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, _ = socket.WriteTo(buffer[:n], from) // a lost answer is the sender's to notice
	}
}

// serveEchoTCP returns what it reads on each connection until the listener is closed.
func serveEchoTCP(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, _ = io.Copy(conn, conn)
		}()
	}
}

// echo sends count messages one after the other and waits for each to come back unchanged. It goes on trying until the
// context ends, so its first answer tells when the way there and back was open.
func echo(ctx context.Context, dial dialFunc, network, address string, count int) (EchoResult, error) {
	exchange := exchangeUDP
	if network == "tcp" {
		exchange = exchangeTCP
	}
	conn, err := dialPatiently(ctx, dial, network, address)
	if err != nil {
		return EchoResult{}, err
	}
	defer conn.Close()

	var result EchoResult
	roundTrips := make([]time.Duration, 0, count)
	for i := range count {
		message := echoMessage(i)
		begin := time.Now()
		resent, err := exchange(ctx, conn, message)
		if err != nil {
			return EchoResult{}, fmt.Errorf("message %d of %d over %s to %s: %w", i+1, count, network, address, err)
		}
		end := time.Now()
		if i == 0 {
			result.FirstAt = end
		}
		result.Resent += resent
		roundTrips = append(roundTrips, end.Sub(begin))
	}
	slices.Sort(roundTrips)
	result.Median = roundTrips[len(roundTrips)/2]
	result.Slowest = roundTrips[len(roundTrips)-1]
	return result, nil
}

// echoMessage is unique, so that a late answer to an earlier message cannot pass for this one's, and its length varies
// up to nearly the MTU of the tunnel.
func echoMessage(number int) []byte {
	unique := make([]byte, 16)
	_, _ = rand.Read(unique)
	message := []byte("rookery " + hex.EncodeToString(unique))
	return append(message, bytes.Repeat([]byte{'.'}, number*37%1100)...)
}

// dialPatiently repeats what fails while the tunnel is not up yet.
func dialPatiently(ctx context.Context, dial dialFunc, network, address string) (net.Conn, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		conn, err := dial(attempt, network, address)
		cancel()
		if err == nil {
			return conn, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("dialling %s %s: %w", network, address, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func exchangeTCP(ctx context.Context, conn net.Conn, message []byte) (int, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return 0, err
		}
	}
	if _, err := conn.Write(message); err != nil {
		return 0, err
	}
	answer := make([]byte, len(message))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return 0, err
	}
	if !bytes.Equal(answer, message) {
		return 0, errors.New("the answer is not what was sent")
	}
	return 0, nil
}

func exchangeUDP(ctx context.Context, conn net.Conn, message []byte) (int, error) {
	answer := make([]byte, 64<<10)
	for attempt := 0; ; attempt++ {
		_, failure := conn.Write(message)
		resendAt := time.Now().Add(echoResend)
		if err := conn.SetReadDeadline(resendAt); err != nil {
			return 0, err
		}
		for failure == nil {
			n, err := conn.Read(answer)
			if err == nil && bytes.Equal(answer[:n], message) {
				return attempt, nil
			}
			failure = err // none: a late answer to another message
		}
		if errors.Is(failure, os.ErrDeadlineExceeded) {
			failure = errors.New("no answer")
		}
		// Other failures ("no route", "port unreachable") come at once and are as passing as silence is.
		select {
		case <-ctx.Done():
			return 0, failure
		case <-time.After(time.Until(resendAt)):
		}
	}
}

// probe sends a message every probeInterval until the context ends. Loss would hide an interruption, because WireGuard
// keeps packets back until it has a handshake and delivers them then: only the time without answers tells.
func probe(ctx context.Context, dial dialFunc, address string) (ProbeResult, error) {
	conn, err := dialPatiently(ctx, dial, "udp", address)
	if err != nil {
		return ProbeResult{}, err
	}
	var result ProbeResult
	lastAnswer := time.Now()
	gapEnds := func() {
		now := time.Now()
		if gap := now.Sub(lastAnswer); gap > result.LongestGap {
			result.LongestGap, result.GapEnd = gap, now
		}
		lastAnswer = now
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buffer := make([]byte, 64<<10)
		for {
			if _, err := conn.Read(buffer); err != nil {
				if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
					return
				}
				time.Sleep(10 * time.Millisecond) // an ICMP error of the moment
				continue
			}
			result.Answered++
			gapEnds()
		}
	}()

	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if _, err := conn.Write(echoMessage(result.Sent)); err == nil {
			result.Sent++
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	conn.Close()
	<-read
	gapEnds()
	return result, nil
}
