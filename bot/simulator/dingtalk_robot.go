package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// robotKeys are the fields that each msgKey's msgParam needs.
var robotKeys = map[string][]string{
	"sampleText":        {"content"},
	"sampleMarkdown":    {"title", "text"},
	"sampleImageMsg":    {"photoURL"},
	"sampleLink":        {"title", "text", "picUrl", "messageUrl"},
	"sampleActionCard":  {"title", "text", "singleTitle", "singleURL"},
	"sampleActionCard2": {"title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2"},
	"sampleActionCard3": {"title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2", "actionTitle3", "actionURL3"},
	"sampleActionCard4": {
		"title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2", "actionTitle3", "actionURL3",
		"actionTitle4", "actionURL4",
	},
	"sampleActionCard5": {
		"title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2", "actionTitle3", "actionURL3",
		"actionTitle4", "actionURL4", "actionTitle5", "actionURL5",
	},
	"sampleActionCard6": {"title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"},
	"sampleAudio":       {"mediaId", "duration"},
	"sampleFile":        {"mediaId", "fileName", "fileType"},
	"sampleVideo":       {"videoMediaId", "videoType", "picMediaId", "duration", "height", "width"},
}

// robotBubble reads msgKey and msgParam into what a client shows.
func (d *DingTalk) robotBubble(key, text string, now time.Time) (Bubble, error) {
	need, known := robotKeys[key]
	if !known {
		return Bubble{}, param("param.error", "msgKey %q", key)
	}
	var p map[string]string
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Bubble{}, param("param.error", "msgParam is no JSON object of strings: %v", err)
	}
	for _, f := range need {
		if p[f] == "" && f != "picUrl" {
			return Bubble{}, param("param.empty", "msgParam.%s", f)
		}
	}
	for f := range p {
		if !slices.Contains(need, f) {
			return Bubble{}, param("param.error", "msgParam.%s is unknown to %s", f, key)
		}
	}
	b := Bubble{From: FromBot, Time: now, Title: p["title"], Text: p["content"] + p["text"]}
	media := ""
	switch key {
	case "sampleText":
		b.Kind = "text"
	case "sampleMarkdown":
		b.Kind = "markdown"
	case "sampleImageMsg":
		b.Kind, b.URL = "image", p["photoURL"]
		if strings.HasPrefix(b.URL, "@") {
			media = b.URL
		}
	case "sampleLink":
		b.Kind, b.URL = "link", p["messageUrl"]
	case "sampleAudio":
		b.Kind, media = "voice", p["mediaId"]
	case "sampleFile":
		b.Kind, media, b.FileName = "file", p["mediaId"], p["fileName"]
		if !slices.Contains([]string{"xlsx", "pdf", "zip", "rar", "doc", "docx"}, p["fileType"]) {
			return b, param("param.error", "fileType %q", p["fileType"])
		}
	case "sampleVideo":
		b.Kind, media = "video", p["videoMediaId"]
	default:
		b.Kind = "actioncard"
		add := func(title, link string) {
			if p[title] != "" {
				b.Buttons = append(b.Buttons, Button{Text: p[title], URL: p[link]})
			}
		}
		add("singleTitle", "singleURL")
		for i := 1; i <= 5; i++ {
			add(fmt.Sprint("actionTitle", i), fmt.Sprint("actionURL", i))
			add(fmt.Sprint("buttonTitle", i), fmt.Sprint("buttonUrl", i))
		}
	}
	if media != "" {
		if _, is := d.media.get(media, now); !is {
			return b, param("param.error", "media %q does not exist", media)
		}
		b.MediaID = media
	}
	return b, nil
}

// robot checks a call's robotCode.
func (d *DingTalk) robot(code string) error {
	if code != d.cred.RobotCode {
		return param("param.error", "robotCode %q is no robot of this app", code)
	}
	return nil
}

// post shows b to users in chat as one message of the bot and returns its processQueryKey. The
// caller holds the lock.
func (d *DingTalk) post(b Bubble, chat string, users []string) string {
	m := &dingMessage{
		msgID: "msg" + d.sim.word(20) + "==", kind: b.Kind, text: strings.TrimSpace(b.Title + "\n" + b.Text), chat: chat,
		bubbles: make(map[string]*Bubble), read: make(map[string]bool),
	}
	key := d.sim.word(24) + "=="
	b.ID = key
	for _, u := range users {
		b.Chat = chat
		if chat == "" {
			b.Chat = d.people[u].chat
		}
		m.bubbles[u] = d.screens.add(u, b.clone())
	}
	d.sent[key] = m
	return key
}

// batchSend is POST /v1.0/robot/oToMessages/batchSend.
func (d *DingTalk) batchSend(c *apiCall) answer {
	var in struct {
		RobotCode string   `json:"robotCode" need:""`
		UserIDs   []string `json:"userIds" need:""`
		MsgKey    string   `json:"msgKey" need:""`
		MsgParam  string   `json:"msgParam" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if err := d.robot(in.RobotCode); err != nil {
		return d.bad(err)
	}
	if len(in.UserIDs) > dingBatch {
		return d.bad(param("param.error", "%d userIds, at most %d", len(in.UserIDs), dingBatch))
	}
	b, err := d.robotBubble(in.MsgKey, in.MsgParam, c.now)
	if err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	invalid, limited, users := []string{}, []string{}, []string{}
	for _, u := range in.UserIDs {
		switch {
		case d.people[u] == nil:
			invalid = append(invalid, u)
		case d.flow[u] > 0:
			d.flow[u]--
			limited = append(limited, u)
		case !slices.Contains(users, u):
			users = append(users, u)
		}
	}
	if len(invalid) == len(in.UserIDs) {
		d.mu.Unlock()
		return d.fail(http.StatusBadRequest, "staffId.notExisted", "no such user")
	}
	key := d.post(b, "", users)
	d.mu.Unlock()
	d.touch(users)
	return jsonAnswer(map[string]any{
		"processQueryKey": key, "invalidStaffIdList": invalid, "flowControlledStaffIdList": limited, "filteredStaffIdList": []string{},
	})
}

// groupSend is POST /v1.0/robot/groupMessages/send.
func (d *DingTalk) groupSend(c *apiCall) answer {
	var in struct {
		OpenConversationID string `json:"openConversationId" need:""`
		RobotCode          string `json:"robotCode" need:""`
		MsgKey             string `json:"msgKey" need:""`
		MsgParam           string `json:"msgParam" need:""`
		CoolAppCode        string `json:"coolAppCode"`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if err := d.robot(in.RobotCode); err != nil {
		return d.bad(err)
	}
	if len(in.MsgParam) > dingGroupParam {
		return d.bad(param("param.error", "msgParam has %d bytes, at most %d", len(in.MsgParam), dingGroupParam))
	}
	b, err := d.robotBubble(in.MsgKey, in.MsgParam, c.now)
	if err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	g := d.groups[in.OpenConversationID]
	if g == nil {
		d.mu.Unlock()
		return d.bad(param("param.error", "no such openConversationId"))
	}
	key := d.post(b, g.id, g.members)
	d.mu.Unlock()
	d.touch(g.members)
	return jsonAnswer(map[string]any{"processQueryKey": key})
}

// Read lets the person see all messages, for the read states.
func (d *DingTalk) Read(userID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.sent {
		if m.bubbles[userID] != nil {
			m.read[userID] = true
		}
	}
}

// readStatus is GET /v1.0/robot/oToMessages/readStatus.
func (d *DingTalk) readStatus(c *apiCall) answer {
	q := c.URL.Query()
	if err := d.robot(q.Get("robotCode")); err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.sent[q.Get("processQueryKey")]
	if m == nil {
		return d.bad(param("param.error", "no such processQueryKey"))
	}
	list := []any{}
	for _, u := range sortedKeys(m.bubbles) {
		one := map[string]any{"userId": u, "readStatus": "UNREAD"}
		if p := d.people[u]; p != nil {
			one["name"] = p.name
		}
		if m.read[u] {
			one["readStatus"], one["readTimestamp"] = "READ", c.now.UnixMilli()
		}
		list = append(list, one)
	}
	return jsonAnswer(map[string]any{"sendStatus": "SUCCESS", "messageReadInfoList": list})
}

func (d *DingTalk) groupQuery(c *apiCall) answer {
	var in struct {
		OpenConversationID string `json:"openConversationId" need:""`
		RobotCode          string `json:"robotCode" need:""`
		ProcessQueryKey    string `json:"processQueryKey" need:""`
		MaxResults         int    `json:"maxResults"`
		NextToken          string `json:"nextToken"`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.sent[in.ProcessQueryKey]
	if m == nil || m.chat != in.OpenConversationID {
		return d.bad(param("param.error", "no such processQueryKey"))
	}
	return jsonAnswer(map[string]any{
		"sendStatus": "SUCCESS", "readUserIds": slices.Sorted(maps.Keys(m.read)), "hasMore": false, "nextToken": "",
	})
}

// recallRequest is the body of both recalls.
type recallRequest struct {
	OpenConversationID string   `json:"openConversationId"`
	RobotCode          string   `json:"robotCode" need:""`
	ProcessQueryKeys   []string `json:"processQueryKeys" need:""`
}

func (d *DingTalk) batchRecall(c *apiCall) answer { return d.recall(c, false) }

func (d *DingTalk) groupRecall(c *apiCall) answer { return d.recall(c, true) }

func (d *DingTalk) recall(c *apiCall, inGroup bool) answer {
	var in recallRequest
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if inGroup != (in.OpenConversationID != "") {
		return d.bad(param("param.error", "openConversationId"))
	}
	if err := d.robot(in.RobotCode); err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	done, failed, touched := []string{}, map[string]string{}, []string{}
	for _, key := range in.ProcessQueryKeys {
		m := d.sent[key]
		if m == nil || m.chat != in.OpenConversationID {
			failed[key] = "no such processQueryKey"
			continue
		}
		for u, b := range m.bubbles {
			b.Recalled, b.Buttons = true, nil
			touched = append(touched, u)
		}
		done = append(done, key)
	}
	d.mu.Unlock()
	d.touch(touched)
	return jsonAnswer(map[string]any{"successResult": done, "failedResult": failed})
}

// dingSend is POST /v1.0/robot/ding/send, for the paid editions only.
func (d *DingTalk) dingSend(c *apiCall) answer {
	var in struct {
		RobotCode          string   `json:"robotCode" need:""`
		RemindType         int      `json:"remindType" need:""`
		ReceiverUserIDList []string `json:"receiverUserIdList" need:""`
		Content            string   `json:"content" need:""`
		CallVoice          string   `json:"callVoice"`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if err := d.robot(in.RobotCode); err != nil {
		return d.bad(err)
	}
	most := map[int]int{1: 200, 2: 20, 3: 20}[in.RemindType]
	if most == 0 || len(in.ReceiverUserIDList) > most {
		return d.bad(param("param.error", "remindType or number of receivers"))
	}
	d.mu.Lock()
	if !d.paid {
		d.mu.Unlock()
		return d.fail(http.StatusForbidden, "Forbidden.AccessDenied.EditionNotSupport", "DING needs a paid edition")
	}
	failed, users := map[string]any{}, []string{}
	for _, u := range in.ReceiverUserIDList {
		if d.people[u] == nil {
			failed[u] = "no such user"
		} else {
			users = append(users, u)
		}
	}
	id := d.post(Bubble{From: FromBot, Time: c.now, Kind: "ding", Text: in.Content}, "", users)
	d.mu.Unlock()
	d.touch(users)
	return jsonAnswer(map[string]any{"openDingId": id, "failedList": failed})
}

// urgent reads a request about a DING and finds it.
func (d *DingTalk) urgent(c *apiCall) (*dingMessage, error) {
	var in struct {
		RobotCode  string `json:"robotCode" need:""`
		OpenDingID string `json:"openDingId" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return nil, err
	}
	if err := d.robot(in.RobotCode); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.sent[in.OpenDingID]
	if m == nil || m.kind != "ding" {
		return nil, param("param.error", "no such openDingId")
	}
	return m, nil
}

func (d *DingTalk) dingRead(c *apiCall) answer {
	m, err := d.urgent(c)
	if err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []any{}
	for _, u := range sortedKeys(m.bubbles) {
		status := "UNREAD"
		if m.read[u] {
			status = "READ"
		}
		list = append(list, map[string]any{"userId": u, "readStatus": status})
	}
	return jsonAnswer(map[string]any{"result": map[string]any{"robotDingReadInfoList": list}})
}

func (d *DingTalk) dingRecall(c *apiCall) answer {
	m, err := d.urgent(c)
	if err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	users := sortedKeys(m.bubbles)
	for _, b := range m.bubbles {
		b.Recalled = true
	}
	d.mu.Unlock()
	d.touch(users)
	return jsonAnswer(map[string]any{})
}

// sendBySession is the sessionWebhook of an incoming message. Its errors come with HTTP 200; the
// codes are those of a custom robot, since the documentation names none.
func (d *DingTalk) sendBySession(c *apiCall) answer {
	var in struct {
		MsgType string `json:"msgtype" need:""`
		At      *struct {
			AtUserIDs []string `json:"atUserIds"`
			AtMobiles []string `json:"atMobiles"`
			IsAtAll   bool     `json:"isAtAll"`
		} `json:"at"`
		Text     *contentBody `json:"text"`
		Markdown *struct {
			Title string `json:"title" need:""`
			Text  string `json:"text" need:""`
		} `json:"markdown"`
		Link *struct {
			Title      string `json:"title" need:""`
			Text       string `json:"text" need:""`
			MessageURL string `json:"messageUrl" need:""`
			PicURL     string `json:"picUrl"`
		} `json:"link"`
		ActionCard *sessionCard `json:"actionCard"`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	b := Bubble{ID: "session" + d.sim.word(12), From: FromBot, Time: c.now, Kind: in.MsgType}
	switch {
	case in.MsgType == "text" && in.Text != nil && in.Text.Content != "":
		b.Text = in.Text.Content
	case in.MsgType == "markdown" && in.Markdown != nil:
		b.Title, b.Text = in.Markdown.Title, in.Markdown.Text
	case in.MsgType == "link" && in.Link != nil:
		b.Title, b.Text, b.URL = in.Link.Title, in.Link.Text, in.Link.MessageURL
	case in.MsgType == "actionCard" && in.ActionCard != nil:
		in.ActionCard.render(&b)
	default:
		return fail(40035, "不合法的参数: msgtype %q", in.MsgType)
	}
	d.mu.Lock()
	s, is := d.sessions[c.URL.Query().Get("session")]
	if !is || c.now.After(s.expires) {
		d.mu.Unlock()
		return fail(300001, "session is unknown or expired")
	}
	b.Chat = s.chat
	for _, u := range s.users {
		d.screens.add(u, b.clone())
	}
	d.mu.Unlock()
	d.touch(s.users)
	return ok(nil)
}

type sessionCard struct {
	Title          string `json:"title" need:""`
	Text           string `json:"text" need:""`
	SingleTitle    string `json:"singleTitle"`
	SingleURL      string `json:"singleURL"`
	BtnOrientation string `json:"btnOrientation"`
	Btns           []struct {
		Title     string `json:"title" need:""`
		ActionURL string `json:"actionURL" need:""`
	} `json:"btns"`
}

func (s *sessionCard) render(b *Bubble) {
	b.Kind, b.Title, b.Text = "actioncard", s.Title, s.Text
	if s.SingleTitle != "" {
		b.Buttons = append(b.Buttons, Button{Text: s.SingleTitle, URL: s.SingleURL})
	}
	for _, x := range s.Btns {
		b.Buttons = append(b.Buttons, Button{Text: x.Title, URL: x.ActionURL})
	}
}

// fileLink is POST /v1.0/robot/messageFiles/download.
func (d *DingTalk) fileLink(c *apiCall) answer {
	var in struct {
		DownloadCode string `json:"downloadCode" need:""`
		RobotCode    string `json:"robotCode" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if err := d.robot(in.RobotCode); err != nil {
		return d.bad(err)
	}
	if _, is := d.media.get(in.DownloadCode, c.now); !is {
		return d.bad(param("param.error", "downloadCode is unknown"))
	}
	return jsonAnswer(map[string]any{"downloadUrl": d.sim.DingTalkURL() + "/files/" + in.DownloadCode})
}

// fileGet serves the URL of fileLink, which needs no token.
func (d *DingTalk) fileGet(c *apiCall) answer {
	f, is := d.media.get(c.PathValue("code"), c.now)
	if !is {
		return page(http.StatusNotFound)
	}
	return download(f)
}
