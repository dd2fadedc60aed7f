package simulator

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
)

// pastFrame is a bot message that can be pushed again.
type pastFrame struct {
	data    string
	subject *dingQuote // how a message that quotes it names it
}

// dingQuote is a message as one that quotes it carries it.
type dingQuote struct {
	msgID   string
	msgType string
	sender  string
	created int64
	content map[string]any
	key     string // processQueryKey, if the bot sent it
}

// InGroup sends in the group, with an @ of the bot.
func InGroup(openConversationID string) SendOption {
	return func(s *sending) { s.chat = openConversationID }
}

// Quoting replies to the message with that [Bubble].ID on the person's screen.
func Quoting(bubbleID string) SendOption { return func(s *sending) { s.quote = bubbleID } }

// Recognised gives the platform's speech-to-text of an audio message.
func Recognised(text string) SendOption { return func(s *sending) { s.recognise = text } }

// SendText lets the person write to the bot.
func (d *DingTalk) SendText(ctx context.Context, userID, text string, opts ...SendOption) Push {
	set := d.sim.sending(opts)
	content := text
	if set.chat != "" {
		content = " " + text // what is left of the @
	}
	return d.say(ctx, userID, Bubble{Kind: "text", Text: text}, map[string]any{
		"msgtype": "text", "text": map[string]any{"content": content},
	}, map[string]any{"text": text}, set)
}

// SendPicture lets the person send a picture.
func (d *DingTalk) SendPicture(ctx context.Context, userID string, data []byte, opts ...SendOption) Push {
	code := d.store(file{kind: "image", data: data})
	return d.say(ctx, userID, Bubble{Kind: "image", MediaID: code}, map[string]any{
		"msgtype": "picture", "content": map[string]any{"downloadCode": code, "pictureDownloadCode": code},
	}, map[string]any{"downloadCode": code}, d.sim.sending(opts))
}

// SendFile lets the person send a file.
func (d *DingTalk) SendFile(ctx context.Context, userID, name string, data []byte, opts ...SendOption) Push {
	code := d.store(file{kind: "file", name: name, data: data})
	return d.say(ctx, userID, Bubble{Kind: "file", MediaID: code, FileName: name}, map[string]any{
		"msgtype": "file", "content": map[string]any{
			"fileName": name, "downloadCode": code, "spaceId": d.sim.draw(11, "0123456789"), "fileId": d.sim.draw(12, "0123456789"),
		},
	}, map[string]any{"downloadCode": code, "fileName": name}, d.sim.sending(opts))
}

// SendAudio lets the person speak; [Recognised] gives what the platform understood.
func (d *DingTalk) SendAudio(ctx context.Context, userID string, data []byte, opts ...SendOption) Push {
	set := d.sim.sending(opts)
	code := d.store(file{kind: "voice", name: "voice.ogg", data: data})
	return d.say(ctx, userID, Bubble{Kind: "voice", MediaID: code, Text: set.recognise}, map[string]any{
		"msgtype": "audio", "content": map[string]any{"downloadCode": code, "recognition": set.recognise},
	}, map[string]any{"downloadCode": code}, set)
}

// RichPart is one piece of a rich text: a text, or a picture.
type RichPart struct {
	Text    string
	Picture []byte
}

// SendRichText lets the person send texts and pictures in one message.
func (d *DingTalk) SendRichText(ctx context.Context, userID string, parts []RichPart, opts ...SendOption) Push {
	list := []any{}
	var text strings.Builder
	for _, p := range parts {
		if p.Picture == nil {
			list = append(list, map[string]any{"text": p.Text})
			text.WriteString(p.Text)
			continue
		}
		code := d.store(file{kind: "image", data: p.Picture})
		list = append(list, map[string]any{"type": "picture", "downloadCode": code, "pictureDownloadCode": code})
	}
	return d.say(ctx, userID, Bubble{Kind: "richText", Text: text.String()}, map[string]any{
		"msgtype": "richText", "content": map[string]any{"richText": list},
	}, map[string]any{"richText": list}, d.sim.sending(opts))
}

// SendRaw lets the person send any other message, such as video or unknownMsgType, with the given
// content.
func (d *DingTalk) SendRaw(ctx context.Context, userID, msgType string, content map[string]any, opts ...SendOption) Push {
	return d.say(ctx, userID, Bubble{Kind: msgType}, map[string]any{"msgtype": msgType, "content": content}, content, d.sim.sending(opts))
}

// FollowLink lets the person press a button or link of a message. A link of the form
// dtmd://dingtalkclient/sendMessage?content=… writes that text as the person; other links go
// nowhere, and [ErrNotOnScreen] says so.
func (d *DingTalk) FollowLink(ctx context.Context, userID, link string, opts ...SendOption) Push {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "dtmd" || !strings.HasSuffix(u.Path, "sendMessage") {
		return Push{Err: ErrNotOnScreen}
	}
	return d.SendText(ctx, userID, u.Query().Get("content"), opts...)
}

func (d *DingTalk) store(f file) string {
	code := d.sim.word(60)
	if f.name == "" {
		f.name = imageName(code[:12], f.data)
	}
	d.media.put(code, f)
	return code
}

// say puts b on the screens of the chat and pushes the message: body is its own part, quotable what
// a message that quotes it says of it.
func (d *DingTalk) say(ctx context.Context, userID string, b Bubble, body, quotable map[string]any, set sending) Push {
	d.mu.Lock()
	p := d.people[userID]
	g := d.groups[set.chat]
	if p == nil || (set.chat != "" && g == nil) {
		d.mu.Unlock()
		return Push{Err: ErrNobody}
	}
	id := "msg" + d.sim.word(20) + "=="
	sender := "$:LWCP_v1:$" + p.unionID
	sessionKey := d.sim.hex(32)
	expires := d.sim.now().Add(sessionLife)
	body["msgId"], body["createAt"] = id, set.at.UnixMilli()
	body["senderId"], body["senderStaffId"], body["senderUnionId"] = sender, userID, p.unionID
	body["senderNick"], body["senderCorpId"], body["isAdmin"] = p.name, d.cred.CorpID, false
	bot := "$:LWCP_v1:$" + d.cred.RobotCode
	body["chatbotUserId"], body["chatbotCorpId"], body["robotCode"] = bot, d.cred.CorpID, d.cred.RobotCode
	body["sessionWebhook"] = d.sim.DingTalkURL() + "/robot/sendBySession?session=" + sessionKey
	body["sessionWebhookExpiredTime"] = expires.UnixMilli()
	body["conversationType"], body["conversationId"] = "1", p.chat
	users := []string{userID}
	b.ID, b.Time, b.Chat = id, set.at, p.chat
	if g != nil {
		body["conversationType"], body["conversationId"], body["conversationTitle"] = "2", g.id, g.title
		body["isInAtList"], body["atUsers"] = true, []any{map[string]any{"dingtalkId": bot}}
		users, b.Chat = g.members, g.id
	}
	if set.quote != "" && !d.quote(body, userID, set.quote) {
		d.mu.Unlock()
		return Push{Err: ErrNotOnScreen}
	}
	d.sessions[sessionKey] = session{chat: b.Chat, users: users, expires: expires}
	for _, u := range users {
		one := b.clone()
		if one.From = FromPerson; u != userID {
			one.From = FromOther
		}
		d.screens.add(u, one)
	}
	data, err := json.Marshal(body)
	if err != nil {
		d.mu.Unlock()
		return Push{Err: err}
	}
	kind, _ := body["msgtype"].(string)
	d.past[id] = pastFrame{data: string(data), subject: &dingQuote{
		msgID: id, msgType: kind, sender: sender, created: set.at.UnixMilli(), content: quotable,
	}}
	d.mu.Unlock()
	d.touch(users)
	return d.deliverMessage(ctx, id, string(data))
}

// quote adds what a reply to the message bubbleID carries. Bot messages are told by their
// processQueryKey, and cards by an id alone, as some clients do for rich content.
func (d *DingTalk) quote(body map[string]any, userID, bubbleID string) bool {
	text, _ := body["text"].(map[string]any)
	if text == nil {
		text = map[string]any{}
		body["text"] = text
	}
	var q *dingQuote
	if past, is := d.past[bubbleID]; is {
		q = past.subject
	} else if m := d.sent[bubbleID]; m != nil && m.bubbles[userID] != nil {
		q = &dingQuote{
			msgID: m.msgID, msgType: m.kind, sender: "$:LWCP_v1:$" + d.cred.RobotCode, created: m.bubbles[userID].Time.UnixMilli(),
			content: map[string]any{"text": m.text}, key: bubbleID,
		}
	} else if card := d.cards[bubbleID]; card != nil && card.bubbles[userID] != nil {
		q = &dingQuote{
			msgID: "msg" + card.id, msgType: "interactiveCard", sender: "$:LWCP_v1:$" + d.cred.RobotCode,
			created: card.bubbles[userID].Time.UnixMilli(), content: map[string]any{},
		}
	} else {
		return false
	}
	text["isReplyMsg"] = true
	text["repliedMsg"] = map[string]any{
		"msgType": q.msgType, "msgId": q.msgID, "senderId": q.sender, "createdAt": q.created, "content": q.content,
	}
	body["originalMsgId"] = q.msgID
	if q.key != "" {
		body["originalProcessQueryKey"] = q.key
	}
	return true
}

// Redeliver pushes a message once more, as it was.
func (d *DingTalk) Redeliver(ctx context.Context, msgID string) Push {
	d.mu.Lock()
	past, is := d.past[msgID]
	d.mu.Unlock()
	if !is {
		return Push{MsgID: msgID, Err: ErrNotOnScreen}
	}
	return d.deliverMessage(ctx, msgID, past.data)
}

func (d *DingTalk) deliverMessage(ctx context.Context, id, data string) Push {
	push := func(ctx context.Context) Push {
		policy, _ := d.sim.dist.now()
		one := func() Push {
			p := d.gate.push(ctx, "CALLBACK", TopicBotMessage, data, nil, botPatience)
			p.MsgID = id
			return p
		}
		n := max(1, policy.Copies)
		all := make([]Push, n)
		if policy.Parallel {
			var wg sync.WaitGroup
			for i := range all {
				wg.Go(func() { all[i] = one() })
			}
			wg.Wait()
		} else {
			for i := range all {
				all[i] = one()
			}
		}
		all[0].Copies = all[1:]
		return all[0]
	}
	if d.sim.dist.hold(func(ctx context.Context) { push(ctx) }) {
		return Push{MsgID: id, Held: true}
	}
	return push(ctx)
}
