package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of DingTalk.
const (
	dingTokenLife    = 2 * time.Hour
	dingCallsASecond = 20 // per interface, standard edition
	dingCallsAMonth  = 10000
	dingBatch        = 20    // users of one batchSend
	dingGroupParam   = 15000 // bytes of msgParam to a group
	sessionLife      = 90 * time.Minute
)

// DingTalk is the simulated organisation with one internal app and its bot. Its API is documented
// at https://open.dingtalk.com/document/.
type DingTalk struct {
	sim    *Simulator
	cred   DingTalkCredentials
	tokens *tokens
	media  mediaStore
	gate   gateway

	mu         sync.Mutex
	people     map[string]*person // by userId
	groups     map[string]*group  // by openConversationId
	screens    screens
	sessions   map[string]session
	templates  map[string][]Button
	cards      map[string]*dingCard
	sent       map[string]*dingMessage // by processQueryKey
	past       map[string]pastFrame    // by msgId
	forms      map[string]dingForm     // by processInstanceId
	flow       map[string]int          // messages still to be flow-controlled, by user
	paces      map[string]*window      // on the real clock
	month      string
	monthCalls int
	monthQuota int
	paid       bool // DING is part of the edition
	racing     int
	lateClicks int
}

// person is one member of the organisation.
type person struct {
	userID  string
	name    string
	unionID string
	mobile  string
	chat    string // the 1:1 conversation with the bot
}

type group struct {
	id      string
	title   string
	members []string
}

// session is what a sessionWebhook replies to.
type session struct {
	chat    string
	users   []string
	expires time.Time
}

// dingMessage is one message of the bot.
type dingMessage struct {
	msgID   string
	kind    string // the msgtype as a quoting message names it
	text    string
	chat    string
	bubbles map[string]*Bubble // by user
	read    map[string]bool
}

func newDingTalk(s *Simulator) *DingTalk {
	d := &DingTalk{
		sim: s, cred: s.cred.DingTalk, tokens: newTokens(s, dingTokenLife),
		people: make(map[string]*person), groups: make(map[string]*group), screens: make(screens),
		sessions: make(map[string]session), templates: make(map[string][]Button), cards: make(map[string]*dingCard),
		forms: make(map[string]dingForm), sent: make(map[string]*dingMessage), past: make(map[string]pastFrame), flow: make(map[string]int),
		paces: make(map[string]*window), monthQuota: dingCallsAMonth,
	}
	d.gate.init(s)
	h := s.hosts[PlatformDingTalk]
	h.shape = dingShape{d}
	h.handle("POST /v1.0/gateway/connections/open", d.openConnection)
	h.mux.HandleFunc("GET /connect", d.connect)
	h.handle("POST /v1.0/oauth2/accessToken", d.accessToken)
	h.handle("POST /robot/sendBySession", d.sendBySession)
	h.handle("GET /files/{code}", d.fileGet)
	d.serve("POST /v1.0/robot/oToMessages/batchSend", d.batchSend)
	d.serve("GET /v1.0/robot/oToMessages/readStatus", d.readStatus)
	d.serve("POST /v1.0/robot/otoMessages/batchRecall", d.batchRecall)
	d.serve("POST /v1.0/robot/groupMessages/send", d.groupSend)
	d.serve("POST /v1.0/robot/groupMessages/query", d.groupQuery)
	d.serve("POST /v1.0/robot/groupMessages/recall", d.groupRecall)
	d.serve("POST /v1.0/robot/messageFiles/download", d.fileLink)
	d.serve("POST /v1.0/robot/ding/send", d.dingSend)
	d.serve("POST /v1.0/robot/ding/readStatuses/query", d.dingRead)
	d.serve("POST /v1.0/robot/ding/recall", d.dingRecall)
	d.serve("POST /v1.0/card/instances/createAndDeliver", d.cardCreateAndDeliver)
	d.serve("POST /v1.0/card/instances", d.cardCreate)
	d.serve("POST /v1.0/card/instances/deliver", d.cardDeliver)
	d.serve("PUT /v1.0/card/instances", d.cardUpdate)
	d.serve("GET /v1.0/workflow/processInstances", d.formGet)

	l := s.hosts[PlatformDingTalkLegacy]
	l.shape = errcodeShape{rate: 90018, tokens: d.tokens}
	l.handle("GET /gettoken", d.legacyToken)
	d.serveLegacy("POST /media/upload", d.mediaUpload)
	d.serveLegacy("POST /topapi/v2/user/get", d.userGet)
	d.serveLegacy("POST /topapi/v2/user/getbymobile", d.userByMobile)
	d.serveLegacy("POST /topapi/user/getbyunionid", d.userByUnionID)
	d.serveLegacy("POST /topapi/message/corpconversation/asyncsend_v2", d.workNotice)
	return d
}

// dingShape is how the OpenAPI words errors: HTTP 4xx with {code, message, requestid}. The session
// webhook answers errcode with HTTP 200 instead.
type dingShape struct{ d *DingTalk }

func (s dingShape) failure(c *apiCall, code, message string) answer {
	if c.URL.Path == "/robot/sendBySession" {
		return errcodeShape{}.failure(c, code, message)
	}
	status := http.StatusBadRequest
	switch {
	case strings.HasPrefix(code, "Forbidden."):
		status = http.StatusForbidden
	case code == "ServiceUnavailable", code == "InternalError", code == "systemError":
		status = http.StatusServiceUnavailable
	}
	return s.d.fail(status, code, "%s", message)
}

func (s dingShape) limited(c *apiCall) answer {
	if c.URL.Path == "/robot/sendBySession" {
		return fail(660026, "send too fast")
	}
	return s.d.fail(http.StatusForbidden, qpsLimit, "appkey and api qps limit")
}

func (s dingShape) endToken(c *apiCall, gone bool) {
	s.d.tokens.end(c.Header.Get("X-Acs-Dingtalk-Access-Token"), gone, c.now)
}

// The gateway's published codes of HTTP 403.
const (
	qpsLimit   = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
	monthLimit = "Forbidden.AccessDenied.ApiCountLimitForOrg"
)

// fail is an error answer of the OpenAPI.
func (d *DingTalk) fail(status int, code, format string, args ...any) answer {
	a := jsonAnswer(map[string]any{
		"code": code, "message": fmt.Sprintf(format, args...), "requestid": strings.ToUpper(d.sim.hex(32)),
	})
	a.status, a.code = status, code
	return a
}

// bad is HTTP 400 for err: a *bodyError, or a *paramError. The names param.empty and param.error
// stand for what the documentation leaves unnamed.
func (d *DingTalk) bad(err error) answer {
	if p, is := errors.AsType[*paramError](err); is {
		return d.fail(http.StatusBadRequest, p.code, "%s", p.message)
	}
	code := "param.error"
	if b, is := errors.AsType[*bodyError](err); is && b.flaw == flawMissing {
		code = "param.empty"
	}
	return d.fail(http.StatusBadRequest, code, "%v", err)
}

// paramError is a parameter's error code with its message.
type paramError struct{ code, message string }

func (e *paramError) Error() string { return e.code + ": " + e.message }

func param(code, format string, args ...any) error {
	return &paramError{code: code, message: fmt.Sprintf(format, args...)}
}

// serve answers pattern with f after the token, the pace and the month's quota are checked.
func (d *DingTalk) serve(pattern string, f func(*apiCall) answer) {
	d.sim.hosts[PlatformDingTalk].handle(pattern, func(c *apiCall) answer {
		_, code := d.tokens.check(c.Header.Get("X-Acs-Dingtalk-Access-Token"), c.now)
		switch {
		case code == 41001:
			return d.fail(http.StatusBadRequest, "MissingAccessToken", "header x-acs-dingtalk-access-token is missing")
		case code != 0:
			return d.fail(http.StatusBadRequest, "InvalidAuthentication", "不合法的access_token")
		case !d.pace(c.Method + c.URL.Path):
			return d.fail(http.StatusForbidden, qpsLimit, "appkey and api qps limit")
		case !d.count(c.now):
			return d.fail(http.StatusForbidden, monthLimit, "monthly api count limit")
		case c.Method != http.MethodGet && !isJSON(c):
			return d.fail(http.StatusBadRequest, "param.error", "Content-Type must be application/json")
		default:
			return f(c)
		}
	})
}

func isJSON(c *apiCall) bool {
	return strings.HasPrefix(c.Header.Get("Content-Type"), "application/json")
}

// serveLegacy answers pattern of the legacy host with f after the same checks.
func (d *DingTalk) serveLegacy(pattern string, f func(*apiCall) answer) {
	d.sim.hosts[PlatformDingTalkLegacy].handle(pattern, func(c *apiCall) answer {
		_, code := d.tokens.check(c.URL.Query().Get("access_token"), c.now)
		switch {
		case code == 41001:
			return fail(40035, "access_token is missing")
		case code != 0:
			return fail(40014, "不合法的access_token")
		case !d.pace(c.URL.Path):
			return fail(90018, "qps limit of this app and api")
		default:
			return f(c)
		}
	})
}

// pace counts one call of an interface on the real clock: 20 a second.
func (d *DingTalk) pace(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.paces[path]
	if w == nil {
		w = &window{span: time.Second, max: dingCallsASecond}
		d.paces[path] = w
	}
	return w.allow(realNow())
}

// count counts one call of the month.
func (d *DingTalk) count(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := now.UTC().Add(8 * time.Hour).Format("2006-01"); m != d.month {
		d.month, d.monthCalls = m, 0
	}
	if d.monthCalls >= d.monthQuota {
		return false
	}
	d.monthCalls++
	return true
}

// CallsThisMonth returns how many calls counted against the month's quota.
func (d *DingTalk) CallsThisMonth() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.monthCalls
}

// SetMonthlyQuota sets how many calls a month allows; 10 000 at first.
func (d *DingTalk) SetMonthlyQuota(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.monthQuota = n
}

// SetPaidEdition makes DING part of the organisation's edition, which it is not at first.
func (d *DingTalk) SetPaidEdition(paid bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paid = paid
}

// FlowControl lets the next n messages to the person come back in flowControlledStaffIdList.
func (d *DingTalk) FlowControl(userID string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flow[userID] = n
}

// LateClicks returns how many card clicks were not answered within 2 s.
func (d *DingTalk) LateClicks() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lateClicks
}

// RacingUpdates returns how many card updates came while a click on the same card waited for its
// answer, which the documentation forbids.
func (d *DingTalk) RacingUpdates() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.racing
}

// AddPerson makes a member of the organisation.
func (d *DingTalk) AddPerson(userID, name, mobile string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people[userID] = &person{
		userID: userID, name: name, mobile: mobile, unionID: d.sim.word(22), chat: "cid" + d.sim.word(20) + "==",
	}
}

// RemovePerson takes a member out of the organisation.
func (d *DingTalk) RemovePerson(userID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.people, userID)
}

// AddGroup makes a group with the bot in it and returns its openConversationId.
func (d *DingTalk) AddGroup(title string, userIDs ...string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := "cid" + d.sim.word(20) + "=="
	d.groups[id] = &group{id: id, title: title, members: userIDs}
	return id
}

// Screen returns what the person sees now, in all conversations with the bot, oldest first.
func (d *DingTalk) Screen(userID string) []Bubble {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screens.show(userID)
}

// ExpireTokens ends the life of all tokens.
func (d *DingTalk) ExpireTokens() { d.tokens.end("", false, d.sim.now()) }

func (d *DingTalk) accessToken(c *apiCall) answer {
	var in struct {
		AppKey    string `json:"appKey" need:""`
		AppSecret string `json:"appSecret" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	if in.AppKey != d.cred.ClientID || in.AppSecret != d.cred.ClientSecret {
		return d.fail(http.StatusBadRequest, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
	}
	text, left := d.tokens.current(ownerApp, c.now)
	return jsonAnswer(map[string]any{"accessToken": text, "expireIn": left})
}

func (d *DingTalk) legacyToken(c *apiCall) answer {
	q := c.URL.Query()
	if q.Get("appkey") != d.cred.ClientID || q.Get("appsecret") != d.cred.ClientSecret {
		return fail(40089, "不合法的corpid或corpsecret")
	}
	text, left := d.tokens.current(ownerApp, c.now)
	return ok(map[string]any{"access_token": text, "expires_in": left})
}

func (d *DingTalk) userGet(c *apiCall) answer {
	var in struct {
		UserID   string `json:"userid" need:""`
		Language string `json:"language"`
	}
	if err := legacyBody(c, &in); err != nil {
		return refused(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.people[in.UserID]
	if p == nil {
		return fail(60121, "找不到该用户")
	}
	return ok(map[string]any{"request_id": d.sim.word(16), "result": map[string]any{
		"userid": p.userID, "unionid": p.unionID, "name": p.name, "mobile": p.mobile, "active": true, "admin": false,
		"boss": false, "dept_id_list": []int{1}, "title": "", "manager_userid": "",
	}})
}

func (d *DingTalk) userByMobile(c *apiCall) answer {
	var in struct {
		Mobile string `json:"mobile" need:""`
	}
	if err := legacyBody(c, &in); err != nil {
		return refused(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if p.mobile == in.Mobile {
			return ok(map[string]any{"result": map[string]any{"userid": p.userID}})
		}
	}
	return fail(60121, "找不到该用户")
}

func (d *DingTalk) userByUnionID(c *apiCall) answer {
	var in struct {
		UnionID string `json:"unionid" need:""`
	}
	if err := legacyBody(c, &in); err != nil {
		return refused(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if p.unionID == in.UnionID {
			return ok(map[string]any{"result": map[string]any{"userid": p.userID, "contact_type": 0}})
		}
	}
	return fail(60121, "找不到该用户")
}

// legacyBody reads a body of the legacy host, which is JSON or a form.
func legacyBody(c *apiCall, into any) error {
	if isJSON(c) {
		return decode(c.body, into)
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return &bodyError{flaw: flawSyntax, text: err.Error()}
	}
	fields := make(map[string]string, len(form))
	for k := range form {
		fields[k] = form.Get(k)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return decode(body, into)
}

// dingUploads are the greatest sizes of media; the documentation does not confirm them.
var dingUploads = uploadLimits{"image": 20 << 20, "voice": 2 << 20, "video": 20 << 20, "file": 20 << 20}

func (d *DingTalk) mediaUpload(c *apiCall) answer {
	f, err := readUpload(c, dingUploads)
	if err != nil {
		return refused(err)
	}
	id := "@lALPD" + d.sim.word(24)
	d.media.put(id, f)
	return ok(map[string]any{"media_id": id, "type": f.kind, "created_at": c.now.UnixMilli()})
}

// workNotice is the legacy work notification; the same content reaches a person once a day.
func (d *DingTalk) workNotice(c *apiCall) answer {
	var in struct {
		AgentID    json.Number     `json:"agent_id" need:""`
		UserIDList string          `json:"userid_list" need:""`
		Msg        json.RawMessage `json:"msg" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	users := strings.Split(in.UserIDList, ",")
	if len(users) > 100 || len(in.Msg) > 2048 {
		return fail(40035, "userid_list or msg is too long")
	}
	var msg struct {
		MsgType  string       `json:"msgtype" need:""`
		Text     *contentBody `json:"text"`
		Markdown *struct {
			Title string `json:"title" need:""`
			Text  string `json:"text" need:""`
		} `json:"markdown"`
	}
	if err := decode(in.Msg, &msg); err != nil {
		return refused(err)
	}
	b := Bubble{ID: strconv.FormatUint(d.sim.next(), 10), From: FromBot, Time: c.now, Kind: msg.MsgType}
	switch {
	case msg.MsgType == "text" && msg.Text != nil:
		b.Text = msg.Text.Content
	case msg.MsgType == "markdown" && msg.Markdown != nil:
		b.Title, b.Text = msg.Markdown.Title, msg.Markdown.Text
	default:
		return fail(40035, "msg: %s is not simulated", msg.MsgType)
	}
	d.mu.Lock()
	var touched []string
	for _, u := range users {
		today := func(old *Bubble) bool {
			return old.Kind == b.Kind && old.Text == b.Text && old.Chat == "notice" && c.now.Sub(old.Time) < 24*time.Hour
		}
		if d.people[u] != nil && !slices.ContainsFunc(d.screens[u], today) {
			b.Chat = "notice"
			d.screens.add(u, b)
			touched = append(touched, u)
		}
	}
	d.mu.Unlock()
	d.touch(touched)
	return ok(map[string]any{"task_id": d.sim.next()})
}

func (d *DingTalk) touch(users []string) {
	for _, u := range users {
		d.sim.changed(PlatformDingTalk, u)
	}
}
