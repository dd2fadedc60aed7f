package simulator

import (
	"context"
	"net/http"
)

// FormValue is one filled-in component of an approval form; the value of a TableField is JSON.
type FormValue struct {
	Name, Value, Type string
}

// dingForm is an instance of an approval form.
type dingForm struct {
	code, originator string
	values           []FormValue
}

// FillForm lets a person hand in an approval form; the same instance again is filled in anew.
func (d *DingTalk) FillForm(instance, code, originator string, values ...FormValue) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forms[instance] = dingForm{code, originator, values}
}

// EndForm tells the application what became of an instance: agree, refuse or terminate.
func (d *DingTalk) EndForm(ctx context.Context, instance, what string) Push {
	d.mu.Lock()
	f := d.forms[instance]
	d.mu.Unlock()
	body := map[string]any{
		"processInstanceId": instance, "processCode": f.code, "corpId": d.cred.CorpID, "staffId": f.originator, "title": "手术计划", "businessId": instance,
		"type": what, "createTime": d.sim.now().UnixMilli(), "finishTime": d.sim.now().UnixMilli(),
	}
	if what != "terminate" {
		body["type"], body["result"] = "finish", what
	}
	return d.PushEvent(ctx, "bpms_instance_change", body)
}

// formGet is GET /v1.0/workflow/processInstances.
func (d *DingTalk) formGet(c *apiCall) answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.forms[c.URL.Query().Get("processInstanceId")]
	if !ok {
		return d.fail(http.StatusBadRequest, "processInstance.notExist", "审批实例不存在")
	}
	values := make([]map[string]any, len(f.values))
	for i, v := range f.values {
		kind := v.Type
		if kind == "" {
			kind = "TextField"
		}
		values[i] = map[string]any{"id": kind + "-" + d.sim.word(8), "name": v.Name, "value": v.Value, "componentType": kind}
	}
	return jsonAnswer(map[string]any{"success": true, "result": map[string]any{
		"title": "手术计划", "status": "COMPLETED", "result": "agree", "originatorUserId": f.originator, "formComponentValues": values,
		"tasks": []any{}, "operationRecords": []any{},
	}})
}
