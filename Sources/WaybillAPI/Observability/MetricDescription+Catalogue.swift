/// Every metric of the controller. `docs/operations.md` lists them; names never change meaning.
extension MetricDescription {
    package static let buildInfo = MetricDescription("waybill_build_info", .gauge, help: "1, labelled by build.")
    package static let startTime = MetricDescription(
        "waybill_start_time_seconds", .gauge, help: "When the controller started, Unix time.")
    package static let deployments = MetricDescription(
        "waybill_deployments", .gauge,
        help: "Deployments by status (ready, reconciling, stalled, held, paused, overridden).")
    package static let replicas = MetricDescription(
        "waybill_replicas", .gauge, help: "Replicas by phase (ready, other).")
    package static let queueDepth = MetricDescription(
        "waybill_queue_depth", .gauge, help: "Deployments that wait to be reconciled.")
    package static let reconciles = MetricDescription(
        "waybill_reconciles_total", .counter,
        help: "Rounds of a deployment (observe, plan, act, summarise) by outcome (settled, acted, waiting, failed).")
    package static let reconcileSeconds = MetricDescription(
        "waybill_reconcile_duration_seconds", .histogram,
        help: "How long one round took, from looking to having decided.", bounds: durations)
    package static let acts = MetricDescription(
        "waybill_acts_total", .counter, help: "Acts of the controller by type and outcome.")
    package static let actSeconds = MetricDescription(
        "waybill_act_duration_seconds", .histogram, help: "How long one act took, from its intent to its outcome.",
        bounds: durations)
    package static let fetches = MetricDescription(
        "waybill_git_fetches_total", .counter,
        help: "Questions to the git remote by question (head, fetch) and outcome; looks below refs/waybill/approvals/ "
            + "are not counted.")
    package static let fetchSeconds = MetricDescription(
        "waybill_git_fetch_duration_seconds", .histogram, help: "How long a fetch took.", bounds: durations)
    package static let planSeconds = MetricDescription(
        "waybill_commit_to_plan_seconds", .histogram, help: "From an accepted commit to the first plan that follows.",
        bounds: durations)
    package static let appends = MetricDescription(
        "waybill_ledger_entries_total", .counter, help: "Entries appended to the ledger.")
    package static let appendFailures = MetricDescription(
        "waybill_ledger_failures_total", .counter, help: "Appends that failed; nothing is done without one.")
    package static let appendSeconds = MetricDescription(
        "waybill_ledger_append_duration_seconds", .histogram, help: "From an append to its durability.",
        bounds: durations)
    package static let published = MetricDescription(
        "waybill_ledger_published_entries", .gauge, help: "Entries in the published log.")
    package static let ledgerWarnings = MetricDescription(
        "waybill_ledger_warnings", .gauge, help: "Publications and anchors that fail now.")
    package static let holds = MetricDescription("waybill_holds", .gauge, help: "1 while a commit is held.")
    package static let webhooks = MetricDescription(
        "waybill_webhooks_total", .counter, help: "Webhook deliveries by outcome (sync, ping, ignored, refused).")
    package static let gatewayRunning = MetricDescription(
        "waybill_gateway_running", .gauge, help: "1 while the gateway answers the controller.")
    package static let segmentsSealed = MetricDescription(
        "waybill_record_segments_sealed_total", .counter, help: "Segments of records whose roots went to the ledger.")
    package static let recordsSealed = MetricDescription(
        "waybill_records_sealed_total", .counter, help: "Records in them.")
    package static let recordProblems = MetricDescription(
        "waybill_record_problems", .gauge, help: "Segments of records that cannot be read, sealed or erased now.")

    package static let catalogue: [MetricDescription] = [
        buildInfo, startTime, deployments, replicas, queueDepth, reconciles, reconcileSeconds, acts, actSeconds,
        fetches, fetchSeconds, planSeconds, appends, appendFailures, appendSeconds, published, ledgerWarnings, holds,
        webhooks, gatewayRunning, segmentsSealed, recordsSealed, recordProblems,
    ]
}

extension Metrics {
    package func count(_ metric: MetricDescription, _ labels: Labels = [:], by amount: Double = 1) {
        count(metric.name, labels, by: amount)
    }
    package func set(_ metric: MetricDescription, _ labels: Labels = [:], to value: Double) {
        set(metric.name, labels, to: value)
    }
    package func observe(_ metric: MetricDescription, _ duration: Duration, _ labels: Labels = [:]) {
        observe(metric.name, duration, labels)
    }
}
