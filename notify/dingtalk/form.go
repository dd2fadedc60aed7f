package dingtalk

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"orderbot/notify"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

// Form returns what was filled into an approval instance: CodeNotFound where there is none, or the application may not see it.
func (b *Bot) Form(ctx context.Context, instance string) ([]orders.FormField, error) {
	var out struct {
		Result struct {
			Values []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
				Type  string `json:"componentType"`
			} `json:"formComponentValues"`
		} `json:"result"`
	}
	err := b.call(ctx, http.MethodGet, "/v1.0/workflow/processInstances?processInstanceId="+url.QueryEscape(instance), nil, &out)
	if httpx.ReasonOf(err) == notify.Rejected {
		b.log.Warn("approval form can't be read", "error", err)
		return nil, orders.Errorf(orders.CodeNotFound, "钉钉审批单打不开")
	}
	if err != nil {
		return nil, err
	}
	fields := make([]orders.FormField, 0, len(out.Result.Values))
	for _, v := range out.Result.Values {
		f := orders.FormField{Name: v.Name, Value: v.Value}
		if v.Type == "TableField" {
			f.Rows = formRows(v.Value)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// formRows reads the value of a table, which is JSON within the text; none where it is not.
func formRows(value string) [][]orders.FormField {
	var rows []struct {
		Cells []struct {
			Label string `json:"label"`
			Value any    `json:"value"`
		} `json:"rowValue"`
	}
	if json.Unmarshal([]byte(value), &rows) != nil {
		return nil
	}
	var out [][]orders.FormField
	for _, r := range rows {
		var cells []orders.FormField
		for _, c := range r.Cells {
			text, ok := c.Value.(string)
			if !ok && c.Value != nil {
				raw, err := json.Marshal(c.Value)
				if err != nil {
					continue
				}
				text = string(raw)
			}
			cells = append(cells, orders.FormField{Name: c.Label, Value: text})
		}
		out = append(out, cells)
	}
	return out
}
