package simulator

import (
	"context"
	"crypto/md5" //nolint:gosec // the platform signs with it
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// queryLock is the time within which a second query of one number may lock it.
const queryLock = 30 * time.Minute

// Kuaidi100 is the simulated tracking service. Its API is documented at
// https://api.kuaidi100.com/document/.
type Kuaidi100 struct {
	sim  *Simulator
	cred Kuaidi100Credentials

	mu        sync.Mutex
	tracks    map[string]*Track
	subs      map[string]*subscription // by company and number
	guesses   map[string][]string
	queries   map[string]time.Time // the last query by number
	used      int
	quota     int // negative: none
	requeries int
	locking   bool
}

// Track is what is known of one parcel.
type Track struct {
	Number  string
	Company string // yuantong, shunfeng, …
	// Phone is the receiver's number; some companies want its last four digits.
	Phone string
	// State is 0 in transit, 1 collected, 2 problem, 3 signed, 4 returned, 5 out for delivery, 6
	// returning, 14 refused, …
	State string
	// Events in any order.
	Events []TrackEvent
}

// TrackEvent is one line of a trace. Time is shown as Beijing time.
type TrackEvent struct {
	Time     time.Time
	Text     string
	Status   string // 在途, 揽收, …; for resultv2
	Code     string // the fine code, for resultv2 4 and up
	Location string
}

type subscription struct {
	company, number string
	url, salt       string
	resultV2        string
}

func newKuaidi100(s *Simulator) *Kuaidi100 {
	k := &Kuaidi100{
		sim: s, cred: s.cred.Kuaidi100, tracks: make(map[string]*Track), subs: make(map[string]*subscription),
		guesses: make(map[string][]string), queries: make(map[string]time.Time), quota: -1,
	}
	h := s.hosts[PlatformKuaidi100]
	h.shape = kuaidiShape{}
	h.handle("POST /poll/query.do", k.query)
	h.handle("POST /poll", k.subscribe)
	l := s.hosts[PlatformKuaidi100Detect]
	l.shape = kuaidiShape{}
	l.handle("GET /autonumber/auto", k.detect)
	return k
}

// kuaidiShape is how Kuaidi100 words errors: HTTP 200 with {result false, returnCode, message}.
type kuaidiShape struct{}

func (kuaidiShape) failure(_ *apiCall, code, message string) answer { return kuaidiFail(code, message) }

func (kuaidiShape) limited(*apiCall) answer { return kuaidiFail("502", "服务器繁忙") }

func (kuaidiShape) endToken(*apiCall, bool) {} // there are none

func kuaidiFail(code, message string) answer {
	a := jsonAnswer(map[string]any{"result": false, "returnCode": code, "message": message})
	a.code = code
	return a
}

// sum is the platform's signature: upper-case hexadecimal MD5.
func sum(text string) string {
	h := md5.Sum([]byte(text)) //nolint:gosec // the platform signs with it
	return strings.ToUpper(hex.EncodeToString(h[:]))
}

// SetTrack sets all that is known of a parcel.
func (k *Kuaidi100) SetTrack(t Track) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tracks[t.Number] = &t
}

// SetGuesses gives the companies that detection answers for a number, the best first; without it
// they follow from the number's shape.
func (k *Kuaidi100) SetGuesses(number string, companies ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.guesses[number] = companies
}

// SetQuota sets how many queries are left; negative is without end, as at first. Beyond it: 601.
func (k *Kuaidi100) SetQuota(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.quota = n
}

// LockRequeries makes a second query of one number within 30 minutes fail, instead of only counting
// it.
func (k *Kuaidi100) LockRequeries(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.locking = on
}

// Queries returns the number of paid queries so far.
func (k *Kuaidi100) Queries() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.used
}

// Requeries returns how many queries asked one number again within 30 minutes.
func (k *Kuaidi100) Requeries() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.requeries
}

// Subscribed tells whether anybody subscribed to the number.
func (k *Kuaidi100) Subscribed(number string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.find(number) != nil
}

func (k *Kuaidi100) find(number string) *subscription {
	for _, key := range sortedKeys(k.subs) {
		if k.subs[key].number == number {
			return k.subs[key]
		}
	}
	return nil
}

// form reads a form body with exactly the given fields; ok is false for anything else.
func form(c *apiCall, fields ...string) (values url.Values, ok bool) {
	if !strings.HasPrefix(c.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, false
	}
	values, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, false
	}
	for name := range values {
		if !slices.Contains(fields, name) || len(values[name]) != 1 {
			return nil, false
		}
	}
	for _, name := range fields {
		if values.Get(name) == "" {
			return nil, false
		}
	}
	return values, true
}

// companies that can be asked for.
var companies = []string{
	"shunfeng", "yuantong", "zhongtong", "shentong", "yunda", "jd", "ems", "youzhengguonei", "debangkuaidi", "debangwuliu",
	"jtexpress", "danniao",
}

var trackNumber = regexp.MustCompile(`^[0-9A-Za-z-]{6,32}$`)

// query is POST /poll/query.do. The return codes are those in use; the documentation at hand does
// not confirm them.
func (k *Kuaidi100) query(c *apiCall) answer {
	values, ok := form(c, "customer", "sign", "param")
	if !ok {
		return kuaidiFail("400", "提交的数据不完整，或者贵公司没授权")
	}
	text := values.Get("param")
	if values.Get("customer") != k.cred.Customer || values.Get("sign") != sum(text+k.cred.Key+k.cred.Customer) {
		return kuaidiFail("503", "验证签名失败")
	}
	var in struct {
		Com             string `json:"com" need:""`
		Num             string `json:"num" need:""`
		Phone           string `json:"phone"`
		From            string `json:"from"`
		To              string `json:"to"`
		ResultV2        string `json:"resultv2"`
		Show            string `json:"show"`
		Order           string `json:"order"`
		Lang            string `json:"lang"`
		NeedCourierInfo any    `json:"needCourierInfo"`
	}
	if err := decode([]byte(text), &in); err != nil {
		return kuaidiFail("400", "提交的数据不完整: "+err.Error())
	}
	if !trackNumber.MatchString(in.Num) || !slices.Contains(companies, in.Com) || (in.Show != "" && in.Show != "0") ||
		!slices.Contains([]string{"", "asc", "desc"}, in.Order) || !slices.Contains([]string{"", "0", "1", "4", "8"}, in.ResultV2) {
		return kuaidiFail("400", "提交的数据不正确")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.quota == 0 {
		return kuaidiFail("601", "KEY已过期或余额不足")
	}
	if k.quota > 0 {
		k.quota--
	}
	k.used++
	last, again := k.queries[in.Num]
	k.queries[in.Num] = c.now
	if again && c.now.Sub(last) < queryLock {
		k.requeries++
		if k.locking {
			return kuaidiFail("500", "查询过于频繁，单号已锁定，请30分钟后再试")
		}
	}
	t := k.tracks[in.Num]
	if in.Com == "shunfeng" && (in.Phone == "" || t != nil && t.Phone != "" && lastFour(in.Phone) != lastFour(t.Phone)) {
		return kuaidiFail("408", "快递公司参数异常：验证码错误")
	}
	if t == nil || t.Company != in.Com || len(t.Events) == 0 {
		return kuaidiFail("500", "查询无结果，请隔段时间再查")
	}
	out := t.result(in.ResultV2, in.Order == "asc")
	return jsonAnswer(out)
}

func lastFour(phone string) string { return phone[max(0, len(phone)-4):] }

// beijing is the zone of all times of Kuaidi100.
var beijing = time.FixedZone("CST", 8*60*60)

// result is the trace as the platform words it.
func (t *Track) result(v2 string, ascending bool) map[string]any {
	events := slices.Clone(t.Events)
	slices.SortStableFunc(events, func(a, b TrackEvent) int { return b.Time.Compare(a.Time) })
	if ascending {
		slices.Reverse(events)
	}
	list := []any{}
	for _, e := range events {
		at := e.Time.In(beijing).Format(time.DateTime)
		one := map[string]any{"time": at, "ftime": at, "context": e.Text}
		if e.Location != "" {
			one["location"] = e.Location
		}
		if v2 != "" && v2 != "0" && e.Status != "" {
			one["status"] = e.Status
		}
		if (v2 == "4" || v2 == "8") && e.Code != "" {
			one["statusCode"] = e.Code
		}
		list = append(list, one)
	}
	check := "0"
	if t.State == "3" {
		check = "1"
	}
	return map[string]any{
		"message": "ok", "nu": t.Number, "ischeck": check, "com": t.Company, "status": "200", "state": t.State,
		"condition": "00", "data": list,
	}
}

// subscribe is POST /poll.
func (k *Kuaidi100) subscribe(c *apiCall) answer {
	values, ok := form(c, "schema", "param")
	if !ok || values.Get("schema") != "json" {
		return kuaidiFail("700", "提交的数据格式错误")
	}
	var in struct {
		Company    string `json:"company"`
		Number     string `json:"number" need:""`
		From       string `json:"from"`
		To         string `json:"to"`
		Key        string `json:"key" need:""`
		Parameters struct {
			CallbackURL string `json:"callbackurl" need:""`
			Salt        string `json:"salt"`
			Phone       string `json:"phone"`
			ResultV2    string `json:"resultv2"`
			AutoCom     string `json:"autoCom"`
			InterCom    string `json:"interCom"`
		} `json:"parameters" need:""`
	}
	if err := decode([]byte(values.Get("param")), &in); err != nil {
		return kuaidiFail("700", "提交的数据格式错误: "+err.Error())
	}
	target, err := url.Parse(in.Parameters.CallbackURL)
	known := slices.Contains(companies, in.Company)
	switch {
	case in.Key != k.cred.Key:
		return kuaidiFail("600", "您不是合法的订阅者")
	case err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https"):
		return kuaidiFail("700", "callbackurl不合法")
	case !trackNumber.MatchString(in.Number):
		return kuaidiFail("702", "无法识别单号")
	case in.Company == "" && in.Parameters.AutoCom != "1", in.Company != "" && !known:
		return kuaidiFail("701", "拒绝订阅的快递公司")
	case in.Company == "shunfeng" && in.Parameters.Phone == "":
		return kuaidiFail("700", "顺丰需要手机号")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key := in.Company + " " + in.Number
	if k.subs[key] != nil {
		return kuaidiFail("501", "重复订阅")
	}
	k.subs[key] = &subscription{
		company: in.Company, number: in.Number, url: in.Parameters.CallbackURL, salt: in.Parameters.Salt, resultV2: in.Parameters.ResultV2,
	}
	return jsonAnswer(map[string]any{"result": true, "returnCode": "200", "message": "提交成功"})
}

// shapes of tracking numbers, the surest first.
var trackShapes = []struct {
	company string
	shape   *regexp.Regexp
}{
	{"shunfeng", regexp.MustCompile(`^SF[0-9A-Z]\d{12}$`)},
	{"yuantong", regexp.MustCompile(`^YT\d{13}$`)},
	{"jd", regexp.MustCompile(`^JD[0-9A-Z]{2}\d{11}`)},
	{"debangkuaidi", regexp.MustCompile(`^DPK\d{12}$`)},
	{"jtexpress", regexp.MustCompile(`^JT\d{13}$`)},
	{"zhongtong", regexp.MustCompile(`^7[3-68]\d{12}$`)},
	{"shentong", regexp.MustCompile(`^(77\d{13}|43\d{11,13}|\d{12,13})$`)},
	{"yunda", regexp.MustCompile(`^([34]\d{14}|[1345]\d{12})$`)},
	{"ems", regexp.MustCompile(`^([198]\d{12}|[A-Z]{2}\d{9}[A-Z]{2})$`)},
}

// detect is GET /autonumber/auto.
func (k *Kuaidi100) detect(c *apiCall) answer {
	q := c.URL.Query()
	if q.Get("key") != k.cred.Key {
		return kuaidiFail("601", "KEY不存在或已过期")
	}
	number := q.Get("num")
	if !trackNumber.MatchString(number) {
		return kuaidiFail("400", "单号不正确")
	}
	k.mu.Lock()
	guesses, set := k.guesses[number]
	k.mu.Unlock()
	if !set {
		for _, s := range trackShapes {
			if s.shape.MatchString(number) {
				guesses = append(guesses, s.company)
			}
		}
	}
	list := []any{}
	for i, g := range guesses {
		list = append(list, map[string]any{
			"comCode": g, "name": g, "lengthPre": len(number), "noCount": 1000 - i, "noPre": number[:min(3, len(number))],
		})
	}
	return jsonAnswer(list)
}

// PushStatus is the state of a subscription that a push tells.
type PushStatus string

// The states of a subscription.
const (
	PushPolling   PushStatus = "polling"
	PushShutdown  PushStatus = "shutdown"  // signed, over
	PushAbort     PushStatus = "abort"     // 3 days without a result, or 60 without change
	PushUpdateAll PushStatus = "updateall" // the trace was corrected
)

// Push sends the whole trace of the number to whoever subscribed to it: shutdown if it is signed,
// else polling.
func (k *Kuaidi100) Push(ctx context.Context, number string) Delivery {
	k.mu.Lock()
	status := PushPolling
	if t := k.tracks[number]; t != nil && t.State == "3" {
		status = PushShutdown
	}
	k.mu.Unlock()
	return k.PushAs(ctx, number, status)
}

// PushAs is [Kuaidi100.Push] with a given state of the subscription. It is sent again, as
// [DeliveryPolicy] says, until the answer is {"result":true,"returnCode":"200"}. A host in the
// callback address that is not of this machine is replaced by that of [Simulator.SetCallbacks].
// The only option that counts is [Tampered] with [BadSignature].
func (k *Kuaidi100) PushAs(ctx context.Context, number string, status PushStatus, opts ...SendOption) Delivery {
	set := k.sim.sending(opts)
	policy, base := k.sim.dist.now()
	k.mu.Lock()
	sub, t := k.find(number), k.tracks[number]
	if sub == nil {
		k.mu.Unlock()
		return Delivery{Err: ErrNobody}
	}
	param := map[string]any{
		"status": status, "billstatus": "got", "message": "", "autoCheck": "0", "comOld": "", "comNew": "",
	}
	switch {
	case t != nil:
		param["lastResult"] = t.result(sub.resultV2, false)
		if sub.company != "" && sub.company != t.Company {
			param["autoCheck"], param["comOld"], param["comNew"] = "1", sub.company, t.Company
		}
	default:
		param["lastResult"] = map[string]any{
			"message": "查询无结果", "nu": number, "com": sub.company, "status": "201", "state": "0", "ischeck": "0", "data": []any{},
		}
	}
	if status == PushShutdown || status == PushAbort {
		for key, s := range k.subs {
			if s == sub {
				delete(k.subs, key)
			}
		}
	}
	k.mu.Unlock()
	text, err := json.Marshal(param)
	if err != nil {
		return Delivery{Err: err}
	}
	values := url.Values{"param": {string(text)}}
	if sub.salt != "" {
		values.Set("sign", sum(string(text)+sub.salt))
	}
	if set.tamper == BadSignature {
		values.Set("sign", strings.ToUpper(k.sim.hex(32)))
		policy.Resend, policy.Copies = 0, 1
	}
	target := local(sub.url, base)
	d := Delivery{Accepted: true}
	for range max(1, policy.Copies) {
		d.Accepted = k.post(ctx, &d, policy, target, values, string(text)) && d.Accepted
	}
	return d
}

// post delivers one copy of a push.
func (k *Kuaidi100) post(ctx context.Context, d *Delivery, policy DeliveryPolicy, target string, values url.Values, content string) bool {
	for try := 0; try <= policy.Resend; try++ {
		if try > 0 && !sleep(ctx, policy.Pause) {
			return false
		}
		a := k.request(ctx, policy.Timeout, target, values, content)
		d.Attempts = append(d.Attempts, a)
		var said struct {
			Result     bool   `json:"result"`
			ReturnCode string `json:"returnCode"`
		}
		if a.Status == http.StatusOK && json.Unmarshal([]byte(a.Body), &said) == nil && said.Result && said.ReturnCode == "200" {
			return true
		}
	}
	return false
}

func (k *Kuaidi100) request(ctx context.Context, limit time.Duration, target string, values url.Values, content string) Attempt {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	took := stopwatch()
	a := func() Attempt {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(values.Encode()))
		if err != nil {
			return Attempt{Err: err.Error()}
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
		resp, err := k.sim.client.Do(req)
		if err != nil {
			return Attempt{Err: err.Error()}
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil {
			return Attempt{Err: err.Error()}
		}
		return Attempt{Status: resp.StatusCode, Body: string(body)}
	}()
	a.Latency = took()
	path := target
	if u, err := url.Parse(target); err == nil {
		path = u.Path
	}
	k.sim.record(Call{
		At: k.sim.now(), Took: a.Latency, Platform: PlatformKuaidi100, Outbound: true, Method: http.MethodPost, Path: path,
		Request: content, Response: a.Body + a.Err, Status: a.Status,
	})
	return a
}

// local turns an address of another machine into one of the server under test.
func local(address, base string) string {
	u, err := url.Parse(address)
	if err != nil || base == "" || u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" {
		return address
	}
	return base + u.RequestURI()
}
