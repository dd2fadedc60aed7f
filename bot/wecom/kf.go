package wecom

import (
	"context"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"orderbot/bot"
)

// KFOptions are the settings of a [KF].
type KFOptions struct {
	CorpID  string
	Token   string // of the callback
	AESKey  string
	Cursors bot.Cursors
	Wake    func() // told that there is something to pull, see [Puller.Wake]; may be nil
	Now     func() time.Time
	Logger  *slog.Logger
	Timeout time.Duration // for keeping a request; default 3 s
}

// KF is the callback of 微信客服. It carries no messages, only that there are some ([Puller]).
type KF struct {
	*endpoint
	o KFOptions
}

// NewKF returns the callback of 微信客服. It fails when token or key can't be.
func NewKF(o KFOptions) (*KF, error) {
	e, err := newEndpoint(o.Token, o.AESKey, o.CorpID, o.Now, o.Logger, o.Timeout)
	if err != nil {
		return nil, err
	}
	k := &KF{endpoint: e, o: o}
	e.handle = k.want
	return k, nil
}

// Register adds the callback's routes.
func (k *KF) Register(r fiber.Router) {
	r.Get("/callback/kf", k.verify)
	r.Post("/callback/kf", k.receive)
}

// want notes that there is something to pull before the callback is acknowledged.
func (k *KF) want(ctx context.Context, plain []byte, now time.Time) error {
	var m message
	if err := DecodeXML(plain, &m); err != nil {
		k.log.Warn("signed callback not understood", "error", err)
		return nil
	}
	if m.Event != "kf_msg_or_event" || m.OpenKfID == "" {
		return nil
	}
	err := k.o.Cursors.Want(ctx, m.OpenKfID, m.Token, now)
	if err == nil && k.o.Wake != nil {
		k.o.Wake()
	}
	return err
}
