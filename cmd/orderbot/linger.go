package main

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	lingerTime  = 2 * time.Second
	lingerBytes = 64 << 20
)

// lingering is a listener whose connections can be closed politely: see [lingerConn].
type lingering struct{ net.Listener }

// Accept waits for the next connection.
func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		return &lingerConn{TCPConn: tcp}, nil
	}
	return c, err
}

// lingerConn is a connection that, where asked to, is closed only after what the peer is still
// sending was taken and thrown away. Closed at once, it would be reset, and the peer might never
// see why its request was refused.
type lingerConn struct {
	*net.TCPConn

	linger atomic.Bool
}

// Close closes the connection.
func (c *lingerConn) Close() error {
	if c.linger.Load() && c.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerBytes)
	}
	return c.TCPConn.Close()
}

// lingerAfter lets the answer to a request whose body is not read to its end reach the peer.
func lingerAfter(c *fiber.Ctx) {
	if l, ok := c.Context().Conn().(*lingerConn); ok {
		l.linger.Store(true)
	}
}
