{{/* Refuses values that would give Pods which cannot start. */}}
{{- define "edgeroam.checks" -}}
{{- $bus := .Values.bus }}
{{- $own := .Values.config.bus }}
{{- if and $own (not .Values.existingConfigMap) (ne (keys $own | sortAlpha | join ", ") $bus) }}
{{- fail (printf "config.bus has the section `%s`, but `bus` is %s: it must have the one section `%s`" (keys $own | sortAlpha | join ", ") $bus $bus) }}
{{- end }}
{{- if ne $bus "embedded" }}
{{- if not .Values.secrets.keys.name }}
{{- fail (printf "secrets.keys.name is empty: with `bus: %s` all replicas share the key behind instance ids and the key behind pseudonyms; make a Secret with both (see values.yaml) and name it" $bus) }}
{{- end }}
{{- if (dig "core" "callback" "advertise" "" .Values.config) }}
{{- fail (printf "config.core.callback.advertise: with `bus: %s` each subscriber has an address of its own; use subscriber.advertise" $bus) }}
{{- end }}
{{- end }}
{{- if not .Values.existingConfigMap }}
{{- if and .Values.monitor.enabled (not .Values.config.monitor) }}
{{- fail "monitor.enabled, but `config.monitor` does not say what is measured: reports, probes or prometheus" }}
{{- end }}
{{- if and .Values.config.monitor (not .Values.monitor.enabled) (ne $bus "embedded") }}
{{- fail (printf "config.monitor is given, but nobody would measure: with `bus: %s` set monitor.enabled" $bus) }}
{{- end }}
{{- end }}
{{- if eq $bus "nats" }}{{ include "edgeroam.checks.nats" . }}{{ end }}
{{- if eq $bus "kafka" }}{{ include "edgeroam.checks.kafka" . }}{{ end }}
{{- end }}

{{- define "edgeroam.checks.nats" -}}
{{- $nats := .Values.nats }}
{{- if not (or $nats.servers .Values.config.bus .Values.existingConfigMap) }}
{{- fail "nats.servers is empty: name at least one server, nats://HOST:4222" }}
{{- end }}
{{- $login := $nats.login }}
{{- if and $login.kind (not (and $login.secret.name $login.secret.key)) }}
{{- fail (printf "nats.login.secret: kind %s needs name and key of the Secret that holds it" $login.kind) }}
{{- end }}
{{- if and $login.secret.name (not $login.kind) }}
{{- fail "nats.login.kind is empty: say what nats.login.secret holds: creds, nkey, password or token" }}
{{- end }}
{{- if ne (eq $login.kind "password") (not (empty $login.user)) }}
{{- fail "nats.login: user and kind password go together" }}
{{- end }}
{{- if and $nats.tls.mutual (not $nats.tls.secret) }}
{{- fail "nats.tls.secret is empty: mutual TLS needs a Secret with tls.crt and tls.key" }}
{{- end }}
{{- end }}

{{- define "edgeroam.checks.kafka" -}}
{{- $kafka := .Values.kafka }}
{{- if not (or $kafka.brokers .Values.config.bus .Values.existingConfigMap) }}
{{- fail "kafka.brokers is empty: name at least one broker, HOST:9092" }}
{{- end }}
{{- $sasl := $kafka.sasl }}
{{- $given := or $sasl.mechanism $sasl.username $sasl.secret.name }}
{{- $protocol := $kafka.securityProtocol }}
{{- if and $given (not (and $sasl.mechanism $sasl.username $sasl.secret.name $sasl.secret.key)) }}
{{- fail "kafka.sasl: a login needs mechanism, username, and secret.name and secret.key of its password" }}
{{- end }}
{{- if not .Values.config.bus }}
{{- if and (hasPrefix "SASL_" $protocol) (not $given) }}
{{- fail (printf "kafka.sasl is empty: securityProtocol %s needs mechanism, username and secret" $protocol) }}
{{- end }}
{{- if and $given (not (hasPrefix "SASL_" $protocol)) }}
{{- fail (printf "kafka.sasl is set, but securityProtocol %s has no login: write SASL_SSL" $protocol) }}
{{- end }}
{{- if and $kafka.tls.secret (not (hasSuffix "SSL" $protocol)) }}
{{- fail (printf "kafka.tls is set, but securityProtocol %s is not encrypted: write SSL or SASL_SSL" $protocol) }}
{{- end }}
{{- if and $kafka.replicationFactor $kafka.minInsyncReplicas (gt (int $kafka.minInsyncReplicas) (int $kafka.replicationFactor)) }}
{{- fail (printf "kafka.minInsyncReplicas %d is more than kafka.replicationFactor %d: nothing could be published" (int $kafka.minInsyncReplicas) (int $kafka.replicationFactor)) }}
{{- end }}
{{- end }}
{{- if and $kafka.tls.mutual (not $kafka.tls.secret) }}
{{- fail "kafka.tls.secret is empty: mutual TLS needs a Secret with tls.crt and tls.key" }}
{{- end }}
{{- end }}
