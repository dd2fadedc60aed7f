package simulator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// SendText lets the follower write.
func (a *ServiceAccount) SendText(ctx context.Context, openID, text string, opts ...SendOption) Delivery {
	var x xmlWriter
	x.cdata("MsgType", "text")
	x.cdata("Content", text)
	return a.say(ctx, openID, Bubble{Kind: "text", Text: text}, x, opts)
}

// SendImage lets the follower send a picture; data must be JPEG or PNG.
func (a *ServiceAccount) SendImage(ctx context.Context, openID string, data []byte, opts ...SendOption) Delivery {
	id := a.store(file{kind: "image", data: data}, a.sim.now())
	var x xmlWriter
	x.cdata("MsgType", "image")
	x.cdata("PicUrl", a.sim.ServiceAccountURL()+"/mmbiz_jpg/"+id)
	x.cdata("MediaId", id)
	return a.say(ctx, openID, Bubble{Kind: "image", MediaID: id}, x, opts)
}

// SendVoice lets the follower speak; the callback carries no recognised text.
func (a *ServiceAccount) SendVoice(ctx context.Context, openID string, data []byte, opts ...SendOption) Delivery {
	id := a.store(file{kind: "voice", name: "voice.amr", data: data}, a.sim.now())
	var x xmlWriter
	x.cdata("MsgType", "voice")
	x.cdata("MediaId", id)
	x.cdata("Format", "amr")
	return a.say(ctx, openID, Bubble{Kind: "voice", MediaID: id}, x, opts)
}

// SendRaw lets the follower send any message: inner is the XML from MsgType on. Events get no
// MsgId.
func (a *ServiceAccount) SendRaw(ctx context.Context, openID, inner string, opts ...SendOption) Delivery {
	var x xmlWriter
	x.raw(inner)
	return a.say(ctx, openID, Bubble{Kind: tagText(inner, "MsgType"), Text: inner}, x, opts)
}

// Follow lets the person follow the account, with a ticket of qrcode/create by scanning it, else
// by search. A person who follows already sends SCAN.
func (a *ServiceAccount) Follow(ctx context.Context, openID, ticket string, opts ...SendOption) Delivery {
	a.mu.Lock()
	p := a.followers[openID]
	if p == nil {
		a.mu.Unlock()
		return Delivery{Err: ErrNobody}
	}
	var code qrCode
	if ticket != "" {
		var is bool
		code, is = a.tickets[ticket]
		if !is || (!code.expires.IsZero() && a.sim.now().After(code.expires)) {
			a.mu.Unlock()
			return Delivery{Err: fmt.Errorf("QR code: unknown or expired ticket")}
		}
	}
	event, key := "subscribe", ""
	switch {
	case p.follows && ticket == "":
		a.mu.Unlock()
		return Delivery{Err: fmt.Errorf("%s follows already", openID)}
	case p.follows:
		event, key = "SCAN", code.scene
	case ticket != "":
		key = "qrscene_" + code.scene
	}
	p.follows = true
	p.acted = allowance{until: a.sim.now().Add(time.Minute), left: 3}
	a.mu.Unlock()
	return a.event(ctx, openID, event, key, func(x *xmlWriter) {
		if ticket != "" {
			x.cdata("Ticket", ticket)
		}
	}, opts)
}

// Unfollow lets the person leave the account.
func (a *ServiceAccount) Unfollow(ctx context.Context, openID string, opts ...SendOption) Delivery {
	a.mu.Lock()
	if p := a.followers[openID]; p != nil {
		p.follows, p.acted, p.talked = false, allowance{}, allowance{}
	}
	a.mu.Unlock()
	return a.event(ctx, openID, "unsubscribe", "", nil, opts)
}

// ClickMenu lets the follower press a menu entry of type click below the chat.
func (a *ServiceAccount) ClickMenu(ctx context.Context, openID, key string, opts ...SendOption) Delivery {
	a.mu.Lock()
	if p := a.followers[openID]; p != nil {
		p.acted = allowance{until: a.sim.now().Add(time.Minute), left: 3}
	}
	a.mu.Unlock()
	return a.event(ctx, openID, "CLICK", key, nil, opts)
}

// Click lets the follower press the entry menuID of a menu message: its text arrives with
// bizmsgmenuid, and counts as a menu click.
func (a *ServiceAccount) Click(ctx context.Context, openID, menuID string, opts ...SendOption) Delivery {
	set := a.sim.sending(opts)
	a.mu.Lock()
	text, found := "", set.forced
	for _, b := range a.screens[openID] {
		if x, is := b.button(menuID); is {
			text, found = x.Text, true
		}
	}
	a.mu.Unlock()
	if !found {
		return Delivery{Err: ErrNotOnScreen}
	}
	var x xmlWriter
	x.cdata("MsgType", "text")
	x.cdata("Content", text)
	x.cdata("bizmsgmenuid", menuID)
	return a.say(ctx, openID, Bubble{Kind: "text", Text: text}, x, opts)
}

// event delivers an event of the follower; more adds what follows EventKey.
func (a *ServiceAccount) event(ctx context.Context, openID, name, key string, more func(*xmlWriter), opts []SendOption) Delivery {
	var x xmlWriter
	x.cdata("MsgType", "event")
	x.cdata("Event", name)
	x.cdata("EventKey", key)
	if more != nil {
		more(&x)
	}
	return a.say(ctx, openID, Bubble{}, x, opts)
}

// later delivers an event that the platform itself causes, in the background.
func (a *ServiceAccount) later(openID, name string, more func(*xmlWriter)) {
	a.sim.background(func(ctx context.Context) {
		var x xmlWriter
		x.cdata("MsgType", "event")
		x.cdata("Event", name)
		more(&x)
		if d := a.say(ctx, openID, Bubble{}, x, nil); !d.Accepted {
			a.sim.log.Warn("event was not accepted", "event", name, "attempts", len(d.Attempts))
		}
	})
}

// say puts b on the follower's screen, if it is a message, and delivers the callback with the
// content x. When nobody answers well, the client shows its notice.
func (a *ServiceAccount) say(ctx context.Context, openID string, b Bubble, x xmlWriter, opts []SendOption) Delivery {
	set := a.sim.sending(opts)
	inner := string(x.bytes())
	isEvent := tagText(inner, "MsgType") == "event"
	a.mu.Lock()
	p := a.followers[openID]
	if p == nil || (!p.follows && !isEvent) {
		a.mu.Unlock()
		return Delivery{Err: ErrNobody}
	}
	id := ""
	var out xmlWriter
	out.raw("<xml>")
	out.cdata("ToUserName", a.cred.OriginalID)
	out.cdata("FromUserName", openID)
	out.num("CreateTime", set.at.Unix())
	out.raw(inner)
	if !isEvent {
		id = fmt.Sprint(24_000_000_000_000_000 + a.sim.next())
		out.raw("<MsgId>" + id + "</MsgId>")
		b.ID, b.From, b.Time = id, FromPerson, set.at
		a.screens.add(openID, b)
		if tagText(inner, "bizmsgmenuid") != "" {
			p.acted = allowance{until: a.sim.now().Add(time.Minute), left: 3}
		} else {
			p.talked = allowance{until: a.sim.now().Add(kfWindow), left: 5}
		}
	}
	out.raw("</xml>")
	msg := out.bytes()
	if !isEvent {
		a.past[id] = pastMessage{person: openID, xml: msg, set: set}
	}
	a.mu.Unlock()
	a.sim.changed(PlatformServiceAccount, openID)
	return a.deliver(ctx, openID, id, msg, set)
}

// Redeliver delivers a message once more, as it was, under the policy in force.
func (a *ServiceAccount) Redeliver(ctx context.Context, msgID string) Delivery {
	a.mu.Lock()
	past, is := a.past[msgID]
	a.mu.Unlock()
	if !is {
		return Delivery{MsgID: msgID, Err: ErrNotOnScreen}
	}
	return a.deliver(ctx, past.person, msgID, past.xml, past.set)
}

func (a *ServiceAccount) deliver(ctx context.Context, openID, id string, msg []byte, set sending) Delivery {
	send := func(ctx context.Context) Delivery {
		d := a.cb.deliver(ctx, id, msg, set, func(reply []byte) error { return a.passive(openID, reply) })
		if id != "" && set.tamper == 0 && (!d.Accepted || d.Err != nil) {
			a.mu.Lock()
			a.screens.add(openID, Bubble{
				ID: "notice" + a.sim.word(8), From: FromPlatform, Time: a.sim.now(), Kind: "notice",
				Text: "该公众号提供的服务出现故障，请稍后再试",
			})
			a.mu.Unlock()
			a.sim.changed(PlatformServiceAccount, openID)
		}
		return d
	}
	if a.sim.dist.hold(func(ctx context.Context) { send(ctx) }) {
		return Delivery{MsgID: id, Held: true}
	}
	return send(ctx)
}

// passive applies a passive reply.
func (a *ServiceAccount) passive(openID string, reply []byte) error {
	r, err := parsePassive(reply, openID, a.cred.OriginalID)
	if err != nil {
		return err
	}
	if r.MsgType == "transfer_customer_service" {
		return nil
	}
	b := Bubble{ID: "passive" + a.sim.word(12), From: FromBot, Time: a.sim.now(), Kind: r.MsgType}
	if err := r.render(&b, &a.media, a.sim.now(), textLimit); err != nil {
		return err
	}
	a.mu.Lock()
	a.screens.add(openID, b)
	a.mu.Unlock()
	a.sim.changed(PlatformServiceAccount, openID)
	return nil
}
