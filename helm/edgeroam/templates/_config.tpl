{{/* edgeroam.yaml: `config`, and what follows from the other values where `config` does not say it. */}}
{{- define "edgeroam.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if .Values.secrets.keys.name }}
{{- if not $config.instance_key_file }}
{{- $_ := set $config "instance_key_file" "/etc/edgeroam-secrets/keys/instance" }}
{{- end }}
{{- end }}
{{- if include "edgeroam.reports" . }}
{{- $listen := printf "0.0.0.0:%v" .Values.ports.reports }}
{{- $config = merge $config (dict "monitor" (dict "reports" (dict "listen" $listen))) }}
{{- end }}
{{- if eq .Values.bus "embedded" }}
{{- $url := printf "http://%s-callback.%s.svc:%v" (include "edgeroam.fullname" .) .Release.Namespace .Values.service.callback.port }}
{{- $config = merge $config (dict "core" (dict "callback" (dict "advertise" $url))) }}
{{- else }}
{{- $config = merge $config (dict "public" (dict "pseudonym_key_file" "/etc/edgeroam-secrets/pseudonym/key")) }}
{{- if not $config.bus }}
{{- $_ := set $config "bus" (dict .Values.bus (include (printf "edgeroam.config.%s" .Values.bus) . | fromYaml)) }}
{{- end }}
{{- end }}
{{- tpl (toYaml $config) . }}
{{- end }}

{{/* The section bus.nats. */}}
{{- define "edgeroam.config.nats" -}}
{{- $nats := .Values.nats }}
{{- $section := dict "servers" $nats.servers "prefix" $nats.prefix "replicas" $nats.replicas "create" $nats.create }}
{{- with $nats.login.kind }}
{{- $login := dict (printf "%s_file" .) (printf "/etc/edgeroam-secrets/bus/%s" .) }}
{{- with $nats.login.user }}{{ $_ := set $login "user" . }}{{ end }}
{{- $_ := set $section "login" $login }}
{{- end }}
{{- $tls := include "edgeroam.config.busTls" $nats.tls | fromYaml }}
{{- if $nats.tls.required }}{{ $_ := set $tls "required" true }}{{ end }}
{{- if $tls }}{{ $_ := set $section "tls" $tls }}{{ end }}
{{- range $name, $value := $nats.settings }}{{ $_ := set $section $name $value }}{{ end }}
{{- toYaml $section }}
{{- end }}

{{/* The section bus.kafka. */}}
{{- define "edgeroam.config.kafka" -}}
{{- $kafka := .Values.kafka }}
{{- $section := dict "brokers" $kafka.brokers "prefix" $kafka.prefix "create" $kafka.create "security_protocol" $kafka.securityProtocol }}
{{- with $kafka.replicationFactor }}{{ $_ := set $section "replication_factor" . }}{{ end }}
{{- with $kafka.minInsyncReplicas }}{{ $_ := set $section "min_insync_replicas" . }}{{ end }}
{{- with $kafka.sasl.mechanism }}
{{- $_ := set $section "sasl" (dict "mechanism" . "username" $kafka.sasl.username "password_file" "/etc/edgeroam-secrets/bus/password") }}
{{- end }}
{{- with include "edgeroam.config.busTls" $kafka.tls | fromYaml }}{{ $_ := set $section "tls" . }}{{ end }}
{{- with $kafka.properties }}{{ $_ := set $section "properties" . }}{{ end }}
{{- range $name, $value := $kafka.settings }}{{ $_ := set $section $name $value }}{{ end }}
{{- toYaml $section }}
{{- end }}

{{/* Of nats.tls or kafka.tls: where its files are. */}}
{{- define "edgeroam.config.busTls" -}}
{{- if and .secret .ca }}
ca_file: /etc/edgeroam-secrets/bus-tls/ca.crt
{{- end }}
{{- if .mutual }}
cert_file: /etc/edgeroam-secrets/bus-tls/tls.crt
key_file: /etc/edgeroam-secrets/bus-tls/tls.key
{{- end }}
{{- end }}
