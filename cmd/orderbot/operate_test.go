package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// get fetches a page of the running server.
func (f *firm) get(path, token string) (int, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, "http://"+f.address+path, nil)
	require.NoError(f.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(req)
	require.NoError(f.t, err)
	defer answer.Body.Close()
	var b strings.Builder
	_, err = io.Copy(&b, answer.Body)
	require.NoError(f.t, err)
	return answer.StatusCode, b.String()
}

// What operators rely on: tokens of the open API, liveness and readiness, metrics, the doctor.
func TestOperate(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, database(t), medical)
			f.serve()
			token := strings.TrimSpace(f.command("token", "create", "erp", "--scope", "orders:read"))
			require.Contains(t, f.command("token", "list"), "erp\torders:read")

			f.sim.WeCom.SendText(t.Context(), "zhouting", "澜州一院 外科口罩20箱")
			id := orderNumber.FindString(see(t, "draft", f.wecom("zhouting"), says("P003", "800盒")).Text)
			require.NotEmpty(t, id)

			status, body := f.get("/api/v1/orders/"+id, token)
			require.Equal(t, http.StatusOK, status, body)
			var order apiOrder
			require.NoError(t, json.Unmarshal([]byte(body), &order))
			require.Equal(t, "draft", order.Status)
			require.Equal(t, "800", order.Lines[0].BaseQuantity)
			status, _ = f.get("/api/v1/orders/"+id, "ob_wrong")
			require.Equal(t, http.StatusUnauthorized, status)
			status, _ = f.get("/api/v1/orders/SO209912310001", token)
			require.Equal(t, http.StatusNotFound, status)
			f.command("token", "revoke", "erp")
			status, _ = f.get("/api/v1/orders/"+id, token)
			require.Equal(t, http.StatusUnauthorized, status)

			status, body = f.get("/api/v1/openapi.json", "")
			require.Equal(t, http.StatusOK, status)
			require.Contains(t, body, `"/orders/{id}"`)
			status, _ = f.get("/healthz", "")
			require.Equal(t, http.StatusOK, status)
			status, body = f.get("/readyz", "")
			require.Equal(t, http.StatusOK, status)
			require.Contains(t, body, `"wecom":"ok"`)
			status, body = f.get("/metrics", "")
			require.Equal(t, http.StatusOK, status)
			require.Contains(t, body, "orderbot_deliveries_sent_total")
			for _, secret := range []string{f.sim.Credentials().WeCom.Secret, token} {
				require.NotContains(t, body, secret)
			}

			report := f.command("doctor")
			require.Contains(t, report, "ok    wecom")
			require.Contains(t, report, "ok    ocr")
			require.NotContains(t, report, "WRONG")
		})
	}
}
