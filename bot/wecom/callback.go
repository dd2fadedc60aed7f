package wecom

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	// MaxBody is how large a callback's body may be, in bytes.
	MaxBody = 1 << 20
	// Freshness is how old the signature of a callback may be, or how far ahead of our clock.
	Freshness = 10 * time.Minute
	// keepTime is what keeping a message may take: the platform gives up after 5 s.
	keepTime = 3 * time.Second
)

// Fresh tells whether a callback's timestamp (Unix seconds) is near enough to now.
func Fresh(timestamp string, now time.Time) bool {
	sec, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || sec < 0 || sec > 1<<40 {
		return false
	}
	return now.Sub(time.Unix(sec, 0)).Abs() <= Freshness
}

// endpoint is one callback address. Handle keeps what a well-signed message says; its error makes
// the platform deliver again.
type endpoint struct {
	crypt   *Crypt
	now     func() time.Time
	log     *slog.Logger
	timeout time.Duration
	handle  func(ctx context.Context, plain []byte, now time.Time) error
}

func newEndpoint(token, aesKey, receiver string, now func() time.Time, log *slog.Logger, timeout time.Duration) (*endpoint, error) {
	crypt, err := NewCrypt(token, aesKey, receiver)
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if timeout <= 0 {
		timeout = keepTime
	}
	return &endpoint{crypt: crypt, now: now, log: log, timeout: timeout}, nil
}

// verify answers the platform's question whether the address is ours.
func (e *endpoint) verify(c *fiber.Ctx) error {
	// A blank is a plus sign that the sender did not escape: base64 has no blanks.
	echo := strings.ReplaceAll(c.Query("echostr"), " ", "+")
	if !e.crypt.Verify(c.Query("msg_signature"), c.Query("timestamp"), c.Query("nonce"), echo) ||
		!Fresh(c.Query("timestamp"), e.now()) {
		return e.refuse(c, "signature")
	}
	plain, err := e.crypt.Open(echo)
	if err != nil {
		return e.refuse(c, "content")
	}
	return c.Send(plain)
}

// receive keeps a delivered message before it answers. It never answers with content.
func (e *endpoint) receive(c *fiber.Ctx) error {
	body := c.Request().Body() // as sent: nothing is unpacked
	if len(body) > MaxBody {
		return c.Status(fiber.StatusRequestEntityTooLarge).Send(nil)
	}
	var envelope struct {
		Encrypt string `xml:"Encrypt"`
	}
	if err := DecodeXML(body, &envelope); err != nil {
		return e.refuse(c, "envelope")
	}
	envelope.Encrypt = strings.TrimSpace(envelope.Encrypt)
	if envelope.Encrypt == "" ||
		!e.crypt.Verify(c.Query("msg_signature"), c.Query("timestamp"), c.Query("nonce"), envelope.Encrypt) {
		return e.refuse(c, "signature")
	}
	if !Fresh(c.Query("timestamp"), e.now()) {
		return e.refuse(c, "replay")
	}
	plain, err := e.crypt.Open(envelope.Encrypt)
	if err != nil {
		return e.refuse(c, "content")
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), e.timeout)
	defer cancel()
	if err := e.handle(ctx, plain, e.now()); err != nil {
		e.log.Error("callback not kept", "error", err)
		return c.Status(fiber.StatusServiceUnavailable).Send(nil)
	}
	return c.Send(nil)
}

func (e *endpoint) refuse(c *fiber.Ctx, why string) error {
	e.log.Warn("callback refused", "path", strings.Clone(c.Path()), "why", why)
	return c.Status(fiber.StatusForbidden).Send(nil)
}
