import WaybillCore

/// Analyses of rollouts that cannot find what they look for: warned of, for what is absurd may still be meant.
enum AnalysisLint {
    static func problems(of state: DesiredState) -> [Diagnostic] {
        state.deployments.values.flatMap { deployment in
            AnalysisPower.all(in: deployment.rollout.path).flatMap(\.warnings).map { message in
                Diagnostic(
                    location: deployment.location, severity: .warning, rule: DiagnosticRule.blindAnalysis.rawValue,
                    message: "\(deployment.key), \(message)",
                    hint: "'waybill plan' says what each analysis can find; see docs/rollouts.md")
            }
        }
    }
}
