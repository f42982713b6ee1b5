{{/* The Secrets that a service gets, as a list of (name of the volume, folder, secret, files). Of (root, role). A service
     gets what it uses and no more: EMCO's token and the TSIG key are the executor's, pseudonyms are the relay's. */}}
{{- define "edgeroam.secrets" -}}
{{- $values := .root.Values }}
{{- $secrets := $values.secrets }}
{{- $acts := has .role (list "all" "executor") }}
{{- if and $acts $secrets.emcoToken.name }}
- { name: emco-token, folder: emco, secret: {{ $secrets.emcoToken.name | quote }}, files: { token: {{ $secrets.emcoToken.key | quote }} } }
{{- end }}
{{- if and $acts $secrets.tsigKey.name }}
- { name: tsig-key, folder: dns, secret: {{ $secrets.tsigKey.name | quote }}, files: { key: {{ $secrets.tsigKey.key | quote }} } }
{{- end }}
{{- if and (has .role (list "all" "decider")) $secrets.adminToken.name }}
- { name: admin-token, folder: admin, secret: {{ $secrets.adminToken.name | quote }}, files: { token: {{ $secrets.adminToken.key | quote }} } }
{{- end }}
{{- $measures := has .role (list "all" "monitor") }}
{{- if and $measures $secrets.reportsToken.name }}
- { name: reports-token, folder: reports, secret: {{ $secrets.reportsToken.name | quote }}, files: { token: {{ $secrets.reportsToken.key | quote }} } }
{{- end }}
{{- if and $measures $secrets.prometheusToken.name }}
- { name: prometheus-token, folder: prometheus, secret: {{ $secrets.prometheusToken.name | quote }}, files: { token: {{ $secrets.prometheusToken.key | quote }} } }
{{- end }}
{{- if and (or $acts $measures (eq .role "subscriber")) $secrets.tls.name }}
- { name: tls, folder: tls, secret: {{ $secrets.tls.name | quote }} }
{{- end }}
{{- with $secrets.keys }}
{{- if .name }}
- { name: instance-key, folder: keys, secret: {{ .name | quote }}, files: { instance: {{ .instanceKey | quote }} } }
{{- if eq $.role "relay" }}
- { name: pseudonym-key, folder: pseudonym, secret: {{ .name | quote }}, files: { key: {{ .pseudonymKey | quote }} } }
{{- end }}
{{- end }}
{{- end }}
{{- if eq $values.bus "nats" }}
{{- with $values.nats.login }}
{{- if .kind }}
- { name: bus-login, folder: bus, secret: {{ .secret.name | quote }}, files: { {{ .kind }}: {{ .secret.key | quote }} } }
{{- end }}
{{- end }}
{{ include "edgeroam.secrets.busTls" $values.nats.tls }}
{{- else if eq $values.bus "kafka" }}
{{- with $values.kafka.sasl.secret }}
{{- if .name }}
- { name: bus-login, folder: bus, secret: {{ .name | quote }}, files: { password: {{ .key | quote }} } }
{{- end }}
{{- end }}
{{ include "edgeroam.secrets.busTls" $values.kafka.tls }}
{{- end }}
{{- end }}

{{/* Of nats.tls or kafka.tls. */}}
{{- define "edgeroam.secrets.busTls" -}}
{{- if and .secret (or .ca .mutual) }}
- name: bus-tls
  folder: bus-tls
  secret: {{ .secret | quote }}
  files:
    {{- if .ca }}
    ca.crt: ca.crt
    {{- end }}
    {{- if .mutual }}
    tls.crt: tls.crt
    tls.key: tls.key
    {{- end }}
{{- end }}
{{- end }}
