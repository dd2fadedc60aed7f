package wecom

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"orderbot/bot"
	"orderbot/orders"
)

const (
	pullEvery = 2 * time.Second // another replica may have taken the callback
	pullHold  = time.Minute     // the default of PullerOptions.Hold
	pullRetry = 5 * time.Second
	pullPages = 200 // of one claim; what is beyond is pulled by the next
)

// KFLog is the message log of 微信客服.
type KFLog interface {
	// SyncMsg returns a page of what was written to an account after cursor (empty: the last three
	// days), where the next begins, and whether there is more. token is the callback's; without it
	// the platform lets few calls through.
	SyncMsg(ctx context.Context, account, cursor, token string) (items []json.RawMessage, next string, more bool, err error)
	// Accounts lists the accounts that can be asked about.
	Accounts(ctx context.Context) ([]string, error)
}

// PullerOptions are the settings of a [Puller].
type PullerOptions struct {
	Log     KFLog
	Cursors bot.Cursors
	// Hold is the time after which another process may take a pull over that a dead one had begun;
	// 0: a minute.
	Hold   time.Duration
	Now    func() time.Time
	Logger *slog.Logger
}

// Puller fetches what customers wrote to 微信客服 into the inbox.
type Puller struct {
	o    PullerOptions
	log  *slog.Logger
	wake chan struct{}
}

// NewPuller returns a puller; [Puller.Run] starts it.
func NewPuller(o PullerOptions) *Puller {
	o.Hold = cmp.Or(o.Hold, pullHold)
	p := &Puller{o: o, log: o.Logger, wake: make(chan struct{}, 1)}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p
}

// Wake makes the puller look at once. It never blocks.
func (p *Puller) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run pulls until ctx ends. It begins with every account, without a callback's token: callbacks that
// came while nobody listened are not repeated for long. It returns nil.
func (p *Puller) Run(ctx context.Context) error {
	p.recover(ctx)
	tick := time.NewTicker(pullEvery)
	defer tick.Stop()
	for {
		pulled, err := p.PullOnce(ctx)
		if err != nil && ctx.Err() == nil {
			p.log.Error("pull 微信客服 messages", "error", err)
		}
		if pulled && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-tick.C:
		}
	}
}

// recover asks for a pull of every account.
func (p *Puller) recover(ctx context.Context) {
	accounts, err := p.o.Log.Accounts(ctx)
	for _, account := range accounts {
		if err == nil {
			err = p.o.Cursors.Want(ctx, account, "", p.o.Now())
		}
	}
	if err != nil && ctx.Err() == nil {
		p.log.Warn("pull of what was missed", "error", err)
	}
}

// PullOnce pulls one account that has something to pull. It returns false where there is none.
func (p *Puller) PullOnce(ctx context.Context) (bool, error) {
	c, err := p.o.Cursors.ClaimCursor(ctx, p.o.Now(), p.o.Hold)
	if err != nil || c == nil {
		return false, err
	}
	err = p.pull(ctx, c)
	switch {
	case orders.ErrorCode(err) == orders.CodeConflict: // somebody else goes on from here
		return true, nil
	case err != nil:
		// A pull that is stopped gives its claim back all the same.
		if r := p.o.Cursors.ReleaseCursor(context.WithoutCancel(ctx), c, p.o.Now().Add(pullRetry)); r != nil {
			p.log.Warn("give a pull back", "error", r)
		}
	}
	return true, err
}

// pull stores page after page until there is no more, or the claim is half over: then the request
// stays open.
func (p *Puller) pull(ctx context.Context, c *bot.Cursor) error {
	begun := p.o.Now()
	for range pullPages {
		items, next, more, err := p.o.Log.SyncMsg(ctx, c.Name, c.Cursor, c.Token)
		if err != nil {
			return err
		}
		if next == "" {
			next = c.Cursor
		}
		// An empty page with more behind it happens; one that leads nowhere would go round for ever.
		more = more && next != c.Cursor
		if err := p.o.Cursors.Advance(ctx, c, next, more, ParseKF(items, c.Name, p.o.Now())); err != nil {
			return err
		}
		c.Cursor = next
		if !more || p.o.Now().Sub(begun) > p.o.Hold/2 {
			return nil
		}
	}
	return nil
}

// kfItem is an entry of the message log. Only the field of its type is filled.
type kfItem struct {
	ID       string      `json:"msgid"`
	Account  string      `json:"open_kfid"`
	Customer string      `json:"external_userid"`
	SentAt   json.Number `json:"send_time"`
	Origin   int         `json:"origin"` // 3 customer, 4 event, 5 staff
	kfContent
	Event struct {
		Type        string `json:"event_type"`
		Account     string `json:"open_kfid"`
		Customer    string `json:"external_userid"`
		Scene       string `json:"scene"`
		SceneParam  string `json:"scene_param"`
		WelcomeCode string `json:"welcome_code"`
		FailedMsg   string `json:"fail_msgid"`
		FailType    int    `json:"fail_type"`
	} `json:"event"`
}

// kfContent is what a message says; merged records nest it.
type kfContent struct {
	Type string `json:"msgtype"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
	Image    kfMedia `json:"image"`
	Voice    kfMedia `json:"voice"`
	File     kfMedia `json:"file"`
	Location struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"location"`
	Link struct {
		Title string `json:"title"`
		URL   string `json:"url"`
	} `json:"link"`
	Merged kfRecord `json:"merged_msg"`
}

type kfMedia struct {
	ID string `json:"media_id"`
}

// kfRecord is a forwarded chat record.
type kfRecord struct {
	Title string `json:"title"`
	Items []struct {
		SentAt  json.Number `json:"send_time"`
		Sender  string      `json:"sender_name"`
		Type    string      `json:"msgtype"`
		Content kfNested    `json:"msg_content"`
	} `json:"item"`
}

// kfNested is JSON within a text; some write it plainly.
type kfNested struct{ kfContent }

// UnmarshalJSON reads the inner message. What can't be read stays empty.
func (n *kfNested) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = []byte(text)
	}
	if json.Unmarshal(data, &n.kfContent) != nil && text != "" && !strings.HasPrefix(text, "{") {
		n.Type, n.Text.Content = "text", text
	}
	return nil
}

// ParseKF turns entries of an account's message log into ours. Entries of our own staff and events
// that need no answer are left out, and so is what can't be read.
func ParseKF(items []json.RawMessage, account string, now time.Time) []orders.Inbound {
	var out []orders.Inbound
	for _, raw := range items {
		var it kfItem
		if err := json.Unmarshal(raw, &it); err != nil && it.Type == "" {
			continue
		}
		if in, ok := it.inbound(account, now); ok {
			out = append(out, in)
		}
	}
	return out
}

func (it *kfItem) inbound(account string, now time.Time) (orders.Inbound, bool) {
	if it.Type == "event" {
		it.Account, it.Customer = it.Event.Account, it.Event.Customer
	}
	if it.Account == "" {
		it.Account = account
	}
	in := orders.Inbound{
		Platform: orders.KF, Key: it.ID, Sender: it.Customer,
		Chat:   orders.Chat{Platform: orders.KF, ID: it.Account + " " + it.Customer},
		SentAt: UnixTime(it.SentAt.String(), now), ReceivedAt: now, Trace: NewTrace(),
	}
	if in.Key == "" {
		in.Key = HashKey(in.Chat.ID, it.SentAt.String(), it.Type, it.Event.Type, it.Event.WelcomeCode, it.Text.Content)
	}
	if it.Customer == "" {
		return in, false
	}
	if it.Type == "event" {
		in.Kind, in.Scene, in.Code = orders.InboundEnter, it.Event.SceneParam, it.Event.WelcomeCode
		if in.Scene == "" {
			in.Scene = it.Event.Scene
		}
		return in, it.Event.Type == "enter_session"
	}
	if it.Origin != 0 && it.Origin != 3 {
		return in, false
	}
	switch it.Type {
	case "text":
		in.Kind, in.Text = orders.InboundText, it.Text.Content
	case "image":
		in.Kind, in.Media = orders.InboundPicture, it.Image.ID
	case "voice":
		in.Kind, in.Media = orders.InboundVoice, it.Voice.ID
	case "file":
		in.Kind, in.Media = orders.InboundFile, it.File.ID
	case "merged_msg":
		in.Kind, in.Text = orders.InboundText, it.Merged.render(0)
	default:
		in.Kind, in.Text = orders.InboundUnknown, KindName(it.Type)
	}
	return in, true
}

const recordDepth = 4 // of records within records

var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// render writes a chat record as people see one that was copied: name and time, then what was said.
func (r *kfRecord) render(depth int) string {
	var b strings.Builder
	b.WriteString("聊天记录")
	if r.Title != "" {
		b.WriteString("：" + r.Title)
	}
	if depth >= recordDepth {
		return b.String()
	}
	for _, it := range r.Items {
		b.WriteString("\n" + it.Sender)
		if at := UnixTime(it.SentAt.String(), time.Time{}); !at.IsZero() {
			b.WriteString("  " + at.In(beijing).Format("1/2 15:04"))
		}
		b.WriteString("\n" + it.Content.say(it.Type, depth))
	}
	return b.String()
}

func (c *kfContent) say(kind string, depth int) string {
	if c.Type != "" {
		kind = c.Type
	}
	switch kind {
	case "text":
		return c.Text.Content
	case "merged_msg":
		return c.Merged.render(depth + 1)
	case "location":
		return "[位置] " + strings.TrimSpace(c.Location.Name+" "+c.Location.Address)
	case "link":
		return strings.TrimSpace("[链接] " + c.Link.Title + " " + c.Link.URL)
	case "image":
		return "[图片]"
	case "voice":
		return "[语音]"
	case "file":
		return "[文件]"
	default:
		return "[" + KindName(kind) + "]"
	}
}
