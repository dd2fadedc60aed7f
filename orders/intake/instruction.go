package intake

import (
	"regexp"
	"strings"
)

var (
	// orderedReader are words of those who would give orders to the reader: nobody speaks so to a clerk.
	orderedReader = regexp.MustCompile(`(?:忽略|无视|忘掉|绕过|跳过|不理会|推翻)[^。!?\n]{0,12}(?:规则|指令|指示|提示词|设定|限制|校验|价格表|价目|审批|审核)|(?:ai|智能|人工智能)(?:助手|机器人|客服|模型)[^。!?\n]{0,4}(?:注意|听|请|必须|应)|(?:系统|管理员)(?:指令|提示|消息|通知|命令)|(?:以上|之前|上述|前面)的?[^。!?\n]{0,4}(?:规则|指令|设定)[^。!?\n]{0,6}(?:作废|失效|无效|取消)|(?:ignore|disregard|override)\b.{0,30}\b(?:instructions?|rules?|prompts?)|system ?prompt|(?:as|你是|你现在是)[^。!?\n]{0,6}(?:an ai\b|助手|模型|管理员)`)
	available     = regexp.MustCompile(`^(?:(?:现在|目前|还)?有(?:没有)?(?:现货|货)(?:没有?|吗|么|不)?|还?剩(?:没有?|吗|着没))[?,]? ?(?:如果|要是)?有(?:货|现货)?(?:的话)?,?(?:就|请|那)`)
)

// readerWords are words without which orderedReader matches nothing; they are found sooner.
var readerWords = strings.Fields("规则 指令 指示 提示词 设定 限制 校验 价格表 价目 审批 审核 助手 机器人 客服 模型 系统 管理员 instruction rule prompt ai")

func ordersReader(r []rune) bool {
	t := string(r)
	return says(t, readerWords) && orderedReader.MatchString(t)
}

// instruction is where the sentence or bracket ends that begins at r[i] and gives orders to the reader, i if none does. What it
// says prices nothing and orders nothing, spec/reading.md case 20.
func (s *scan) instruction(i int) int {
	r := s.r
	if i > 0 && !isSentenceBreak(r[i-1]) && r[i] != '(' && r[i] != '[' {
		return i
	}
	e, closes := i, rune(0)
	switch r[i] {
	case '(':
		closes = ')'
	case '[':
		if k := index(r, i, len(r), "]"); k >= 0 && ordersReader(r[i:k]) {
			e = k + 1 // [系统提示]…
		} else {
			return i
		}
	}
	for e < len(r) && (closes == 0 && !isSentenceBreak(r[e]) || closes != 0 && r[e] != closes && r[e] != '\n') {
		e++
	}
	if e < len(r) && closes != 0 && r[e] == closes {
		e++
	}
	if e-i < 6 || !ordersReader(r[i:e]) || closes == 0 && r[i] != '[' && s.quantityIn2(i, e) {
		return i
	}
	return e
}

func isSentenceBreak(c rune) bool { return strings.ContainsRune("。;\n!?", c) }

// availability is where a question for stock ends behind which its condition orders: 有现货没?有就 in 有现货没?有就来3台. i if none is there.
func (s *scan) availability(i int) int {
	if s.r[i] != '有' && s.r[i] != '剩' && s.r[i] != '还' && s.r[i] != '现' && s.r[i] != '目' {
		return i
	}
	to := min(len(s.r), i+24)
	m := available.FindString(string(s.r[i:to]))
	if m == "" {
		return i
	}
	s.conditional = true
	return i + len([]rune(m))
}
