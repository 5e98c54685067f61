"""Holds template.yaml, the routers, the models and the settings together."""

import importlib
import inspect
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from types import ModuleType
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from booking.notifications import delivery
from booking.notifications.mail_work import TRIED_FOR
from booking.runtime.settings import Settings
from booking.sweeps import SWEEPS
from infra.local.front_door import error_body
from infra.sam import deploy_options
from infra.settings import ROOT, read_variables, template
from tests.unit.template_model import (
    GLOBALS,
    PARAMETERS,
    RESOURCES,
    Function,
    functions,
    global_indexes,
    indexes,
    of_type,
    statements,
)

FUNCTIONS = functions()
VARIABLES: Mapping[str, Any] = GLOBALS["Environment"]["Variables"]
TABLES = dict(of_type("AWS::DynamoDB::Table"))
TABLE_ACTIONS = {
    f"dynamodb:{name}"
    for name in (
        "GetItem",
        "BatchGetItem",
        "BatchWriteItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "ConditionCheckItem",
        "Query",
    )
}
OTHER_ACTIONS = {
    ("secretsmanager:GetSecretValue", "SigningKey"),
    ("secretsmanager:GetSecretValue", "MetricsTokenSecret"),
    ("ses:SendRawEmail", "MailIdentity"),
    ("events:PutEvents", "EventBus"),
    ("sqs:SendMessage", "DeadLetters"),
    ("sqs:SendMessage", "SweepQueue"),
    ("sqs:SendMessage", "MailQueue"),
}
WRITES_TO_ACCOUNTS = {("UsersTable", f"dynamodb:{name}Item") for name in ("Put", "Update", "Delete")}
SET_BY_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_XRAY_DAEMON_ADDRESS"}
OF_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_METRICS_DISABLED"}
# What serves documents does it by itself; what no route calls is held by the tests of sweeps and of delivery.
WITHOUT_OPERATION = {"ops", "pages", "queues", "schedules", "streams"}
PAGES = {"pages.get_page.handler", "pages.get_page_asset.handler"}
"""All pages are served alike, by one function; and all their files."""
NOT_OF_ITEMS = {"MetricsTable"}
GATEWAY_RESPONSES: Mapping[str, Any] = RESOURCES["Api"]["Properties"]["GatewayResponses"]
GATEWAY_PATHS: Mapping[str, Any] = RESOURCES["Api"]["Properties"]["DefinitionBody"]["paths"]
FOR_PAGES = "Access-Control-"
GATEWAY_ERRORS_LEFT_TO_DEFAULTS = {"AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR", "API_CONFIGURATION_ERROR"}
GATEWAY_ERRORS_OF_CALLERS = {
    *("ACCESS_DENIED", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "EXPIRED_TOKEN"),
    *("INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE"),
    *("RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"),
}

every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
every_table = pytest.mark.parametrize("table", TABLES)


@pytest.fixture(scope="module")
def modules() -> Mapping[str, ModuleType]:
    """Every module of functions/, by its dotted name."""
    for variable in VARIABLES:
        if variable.endswith("_TABLE"):
            os.environ.setdefault(variable, variable.lower())
    top = ROOT / "functions"
    names = [".".join(path.relative_to(top).with_suffix("").parts) for path in sorted(top.rglob("*.py"))]
    return {name: importlib.import_module(name) for name in names}


def test_every_module_is_the_handler_of_one_function(modules: Mapping[str, ModuleType]) -> None:
    handlers = Counter(function.handler for function in FUNCTIONS)
    assert handlers == Counter(f"{name}.handler" for name in modules)
    assert all(callable(module.handler) for module in modules.values())


def test_every_route_has_one_function_of_the_same_method_and_path(modules: Mapping[str, ModuleType]) -> None:
    of_routers = {f"{name}.handler": routes_of(module) for name, module in modules.items()}
    of_template = {function.handler: list(function.routes) for function in FUNCTIONS}
    assert of_template == of_routers
    assert {handler for handler, routes in of_routers.items() if len(routes) > 1} == PAGES


@every_function
def test_a_function_its_module_its_route_and_its_operation_share_a_name(
    modules: Mapping[str, ModuleType], function: Function
) -> None:
    module = modules[function.handler.removesuffix(".handler")]
    package, name = module.__name__.split(".")
    assert name == in_snake_case(function.name)
    if function.routes and (operation := operation_of(function)):
        assert operation["operationId"] == in_camel_case(name)
    if package not in WITHOUT_OPERATION:
        assert inspect.getmodule(getattr(module, name)).__name__.startswith("booking.")  # type: ignore[union-attr]


def test_the_openapi_document_says_in_words_what_each_route_is_for() -> None:
    document = json.loads((ROOT / "functions" / "ops" / "openapi.json").read_text())
    summaries = [operation["summary"] for path in document["paths"].values() for operation in path.values()]
    assert len(summaries) == len(set(summaries))
    assert [summary for summary in summaries if " " not in summary] == []


def test_no_route_is_served_twice() -> None:
    served = Counter(route for function in FUNCTIONS for route in function.routes)
    assert [route for route, times in served.items() if times > 1] == []


def test_functions_that_no_route_leads_to_are_named_by_the_stack() -> None:
    named = {name for name in template()["Outputs"] if name.removesuffix("Name") in RESOURCES}
    assert {f"{function.name}Name" for function in FUNCTIONS if not function.routes} <= named


def test_functions_share_a_log_group_with_retention() -> None:
    """The names of its streams begin with the function's (AWS Lambda, "Configuring CloudWatch log groups")."""
    assert GLOBALS["LoggingConfig"]["LogGroup"] == "FunctionLogs"
    assert not [function.name for function in FUNCTIONS if "LoggingConfig" in function.properties]
    groups = dict(of_type("AWS::Logs::LogGroup"))
    assert groups.keys() == {"FunctionLogs", "AccessLogs"}
    assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {"LogRetentionDays"}


def test_lambda_reports_only_what_fails_unless_somebody_asks_for_another_level() -> None:
    """In JSON a line without a level counts as INFO (AWS Lambda, "Log-level filtering"): metrics are such lines, and
    would be dropped with the application's level above it.
    """
    logging = GLOBALS["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == (
        ["LogsAtInfo", "JSON", "Text"],
        ["LogsAtInfo", "WARN", "AWS::NoValue"],
    )
    assert template()["Conditions"]["LogsAtInfo"] == ["LogLevel", PARAMETERS["LogLevel"]["Default"]]
    assert "ApplicationLogLevel" not in logging


@every_function
def test_a_function_gets_its_permissions_from_statements_of_its_own(function: Function) -> None:
    assert "Role" not in function.properties
    assert all(policy.keys() == {"Statement"} for policy in function.properties.get("Policies", []))
    for statement in statements(function.properties):
        assert statement.keys() == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"


@every_function
def test_a_function_is_granted_nothing_by_wildcard(function: Function) -> None:
    assert "*" not in json.dumps(statements(function.properties))


@every_function
def test_a_function_is_granted_an_action_once(function: Function) -> None:
    granted = Counter((permission.action, permission.resource, permission.index) for permission in function.permissions)
    assert [grant for grant, times in granted.items() if times > 1] == []


@every_function
def test_a_function_may_only_do_what_operations_do(function: Function) -> None:
    for permission in function.permissions:
        if permission.resource in TABLES:
            assert permission.action in TABLE_ACTIONS, permission
        else:
            assert (permission.action, permission.resource) in OTHER_ACTIONS


@every_function
def test_a_function_may_query_only_indexes_that_exist(function: Function) -> None:
    for permission in function.permissions:
        if permission.index is not None:
            assert permission.index in indexes(TABLES[permission.resource])
            assert permission.action == "dynamodb:Query"


def test_a_delivery_is_remembered_for_longer_than_its_record_can_lie_in_the_queue_twice() -> None:
    """A letter that is redriven on its last day and fails again makes another one, as old as new."""
    letters_kept = timedelta(seconds=RESOURCES["DeadLetters"]["Properties"]["MessageRetentionPeriod"])
    changes = RESOURCES["PublishEvents"]["Properties"]["Events"]["Changes"]["Properties"]
    assert changes["MaximumRetryAttempts"] == -1
    tried = max(timedelta(seconds=changes["MaximumRecordAgeInSeconds"]), TRIED_FOR)
    assert 2 * (tried + letters_kept) < delivery.KEPT


@pytest.mark.parametrize(
    ("queue", "worker", "at_once"),
    [("SweepQueue", "WorkOffShards", "SweepConcurrency"), ("MailQueue", "SendMail", "MailConcurrency")],
)
def test_a_queue_is_what_lambda_asks_of_a_source(queue: str, worker: str, at_once: str) -> None:
    """Six times the function's timeout, five tries at least, and a dead-letter queue of the queue's own ("Creating and
    configuring an Amazon SQS event source mapping"); all tries within the time that a message is kept.
    """
    properties, function = RESOURCES[queue]["Properties"], RESOURCES[worker]["Properties"]
    (mapping,) = [event["Properties"] for event in function["Events"].values()]
    assert mapping["Queue"] == f"{queue}.Arn"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": at_once}
    assert PARAMETERS[at_once]["MinValue"] == 2
    redrive = properties["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == "DeadLetters.Arn"
    assert redrive["maxReceiveCount"] >= 5
    assert properties["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert properties["MessageRetentionPeriod"] > redrive["maxReceiveCount"] * properties["VisibilityTimeout"]
    assert "FifoQueue" not in properties


def test_as_many_workers_as_shards_of_all_sweeps_and_reservations_for_all_of_them() -> None:
    for bound in ("Default", "MaxValue"):
        assert PARAMETERS["SweepConcurrency"][bound] == len(SWEEPS) * PARAMETERS["TimerShards"][bound]
    assert PARAMETERS["SweepReservedConcurrency"]["MaxValue"] == PARAMETERS["SweepConcurrency"]["MaxValue"]


def test_schedules_start_every_sweep_there_is() -> None:
    events = RESOURCES["DispatchSweeps"]["Properties"]["Events"].values()
    assert [json.loads(event["Properties"]["Input"]) for event in events] == [{"sweep": name} for name in SWEEPS]


def test_only_functions_that_ask_who_calls_or_sign_in_or_know_guests_hold_the_key_of_tokens() -> None:
    holding = {f.handler for f in FUNCTIONS if any(p.resource == "SigningKey" for p in f.permissions)}
    asking = {f.handler for f in FUNCTIONS if f.routes and operation_of(f).get("security")}
    issuing = {"auth.log_in.handler", "auth.refresh_session.handler", "queues.send_mail.handler"}
    issuing |= {"auth.verify_email.handler", "bookings.create_guest_booking.handler"}  # which make guests' ids
    assert holding == asking - {"ops.get_metrics.handler"} | issuing  # scrapers have a token of their own


def test_indexes_hold_what_the_models_say_and_the_one_of_accounts_no_hash() -> None:
    projections = {
        index["IndexName"]: index["Projection"] for index in global_indexes(TABLES["UsersTable"]["Properties"])
    }
    assert projections == {
        "by_created_at": {
            "ProjectionType": "INCLUDE",
            "NonKeyAttributes": ["email", "role", "is_active", "locale", "display_name"],
        }
    }


def test_the_index_of_an_earlier_release_is_kept_only_where_somebody_says_so() -> None:
    """An update can make or delete one index, and its projection cannot be changed (UpdateTable)."""
    _, (condition, former, otherwise) = TABLES["UsersTable"]["Properties"]["GlobalSecondaryIndexes"]
    assert (condition, otherwise) == ("KeepsFormerUsersIndex", "AWS::NoValue")
    assert (former["IndexName"], former["Projection"]) == ("by_creation", {"ProjectionType": "ALL"})
    assert PARAMETERS["FormerUsersIndex"]["Default"] == "deleted"


def test_only_accounts_and_who_erases_reach_the_table_with_password_hashes_and_three_others_read_it() -> None:
    """Who promotes a waiting client may make its write depend on the account, and sees nothing of it.

    Who publishes events looks whose account a guest's address is.
    """
    reaching = {
        f.handler
        for f in FUNCTIONS
        if any((p.resource, p.action != "dynamodb:ConditionCheckItem") == ("UsersTable", True) for p in f.permissions)
    }
    others = {"ops.get_health.handler", "queues.send_mail.handler", "streams.publish_events.handler"}
    erasing = {"queues.work_off_shards.handler"}
    assert {handler.partition(".")[0] for handler in reaching - others - erasing} == {"auth", "users"}
    writing = {f.handler for f in FUNCTIONS for p in f.permissions if (p.resource, p.action) in WRITES_TO_ACCOUNTS}
    assert not writing & others


@every_table
def test_a_table_is_billed_on_demand_encrypted_recoverable_and_protected_in_prod(table: str) -> None:
    """Encrypted at no cost: without SSESpecification it is by the key that DynamoDB owns, with SSEEnabled by the one
    that AWS manages in the account, and "AWS KMS charges apply" (AWS::DynamoDB::Table SSESpecification).
    """
    properties = TABLES[table]["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert "SSESpecification" not in properties
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] == ["IsProd", True, False]
    assert TABLES[table]["UpdateReplacePolicy"] == "Retain"


@every_table
def test_a_table_declares_the_attributes_of_its_keys_and_no_others(table: str) -> None:
    properties = TABLES[table]["Properties"]
    schemas = [properties["KeySchema"], *indexes(TABLES[table]).values()]
    declared = [attribute["AttributeName"] for attribute in properties["AttributeDefinitions"]]
    assert sorted(declared) == sorted({key["AttributeName"] for schema in schemas for key in schema})


def test_tables_have_the_keys_and_indexes_of_the_models(modules: Mapping[str, ModuleType]) -> None:
    seen = set()
    for model in models():
        table = next(name for name in TABLES if os.environ[variable_of(name)] == model.Meta.table_name)
        seen.add(table)
        assert names_of(TABLES[table]["Properties"]["KeySchema"]) == key_names(model)
        for index in model._indexes.values():
            keys = [key for key in index.Meta.attributes.values() if key.is_hash_key or key.is_range_key]
            in_template = names_of(indexes(TABLES[table])[index.Meta.index_name])
            assert in_template == [key.attr_name for key in sorted(keys, key=lambda key: not key.is_hash_key)]
    assert seen == TABLES.keys() - NOT_OF_ITEMS


def test_every_setting_is_a_variable_of_functions_and_every_variable_a_setting() -> None:
    own = {name for function in FUNCTIONS for name in function.variables}
    settings = {field.name.upper() for field in fields(Settings)} - SET_BY_LAMBDA
    assert (own | VARIABLES.keys()) - {"AWS_ENDPOINT_URL"} - OF_POWERTOOLS == settings


def test_every_parameter_behind_a_setting_has_the_default_of_the_code_and_of_the_documentation() -> None:
    documented = read_variables(ROOT / ".env.example")
    for field in fields(Settings):
        name = field.name.upper()
        if field.default is MISSING or VARIABLES.get(name) not in PARAMETERS:
            continue
        assert VARIABLES[name] == name.title().replace("_", "")
        assert str(PARAMETERS[VARIABLES[name]]["Default"]) == str(field.default) == documented[name]


def test_a_parameter_and_its_setting_allow_the_same_numbers_and_words() -> None:
    compared = set()
    for field in fields(Settings):
        about = PARAMETERS.get(VARIABLES.get(field.name.upper(), ""), {})
        if get_origin(field.type) is Annotated:
            (allowed,) = field.type.__metadata__  # type: ignore[union-attr]  # of an annotated type
            most = about.get("MaxValue", sys.maxsize - 1)
            assert (allowed.start, allowed.stop - 1) == (about["MinValue"], most), field.name
        elif get_origin(field.type) is Literal:
            assert set(get_args(field.type)) == set(about["AllowedValues"]), field.name
        else:
            assert not about.keys() & {"MinValue", "MaxValue", "AllowedValues"}, field.name
            continue
        compared.add(field.name)
    assert {"refresh_token_days", "tracing_mode"} < compared


def test_every_setting_with_a_default_is_a_parameter_or_comes_from_a_resource() -> None:
    everywhere = {**VARIABLES, **{name: value for f in FUNCTIONS for name, value in f.variables.items()}}
    for field in fields(Settings):
        if field.default is not MISSING and field.name.upper() not in SET_BY_LAMBDA:
            value = everywhere[field.name.upper()]
            assert value in PARAMETERS or value.partition(".")[0] in RESOURCES, field.name


def test_the_endpoint_of_an_emulator_is_absent_where_none_is_given() -> None:
    assert VARIABLES["AWS_ENDPOINT_URL"] == ["HasEndpointUrl", "EndpointUrl", "AWS::NoValue"]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_says_what_it_means_and_what_it_takes(parameter: str) -> None:
    about = PARAMETERS[parameter]
    assert about["Description"].endswith(".")
    assert about.keys() & {"AllowedValues", "AllowedPattern", "MinValue"}


def test_the_gateway_words_every_error_of_its_own() -> None:
    assert GATEWAY_RESPONSES.keys() >= GATEWAY_ERRORS_OF_CALLERS
    assert GATEWAY_RESPONSES.keys() >= {"DEFAULT_5XX", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"}
    assert not GATEWAY_RESPONSES.keys() & GATEWAY_ERRORS_LEFT_TO_DEFAULTS


@pytest.mark.parametrize("response_type", GATEWAY_RESPONSES)
def test_an_error_of_the_gateway_has_the_shape_of_all_errors(response_type: str) -> None:
    response = GATEWAY_RESPONSES[response_type]
    body = json.loads(error_body(response, "an-id"))
    sentence, reason = body["detail"], body["error"]["reason"]
    code = f"http_{response['StatusCode']}"
    assert body == {
        "error": {"code": code, "message": sentence, "detail": sentence, "reason": reason},
        "detail": sentence,
        "request_id": "an-id",
    }
    assert reason.isidentifier()
    assert reason.islower()
    headers = response["ResponseParameters"]["Headers"]
    assert headers["X-Request-ID"] == "context.requestId"
    assert ("Retry-After" in headers) == (response["StatusCode"] in {429, 503})


@pytest.mark.parametrize("response_type", GATEWAY_RESPONSES)
def test_an_error_of_the_gateway_is_shown_to_pages_of_the_chosen_origin_and_to_no_others(response_type: str) -> None:
    headers = GATEWAY_RESPONSES[response_type]["ResponseParameters"]["Headers"]
    for_pages = {name: headers[name] for name in headers if name.startswith(FOR_PAGES)}
    assert for_pages == {
        "Access-Control-Allow-Origin": ["HasCorsOrigin", "'${CorsAllowOrigin}'", "AWS::NoValue"],
        "Access-Control-Expose-Headers": ["HasCorsOrigin", "'Retry-After, X-Request-ID'", "AWS::NoValue"],
    }


def test_the_gateway_answers_preflights_only_where_an_origin_is_chosen() -> None:
    assert {path: (condition, otherwise) for path, (condition, _, otherwise) in GATEWAY_PATHS.items()} == {
        "/{proxy+}": ("HasCorsOrigin", "AWS::NoValue")
    }
    assert GATEWAY_PATHS["/{proxy+}"][1].keys() == {"options"}


def test_a_preflight_is_told_every_method_and_header_of_the_routes() -> None:
    operation = GATEWAY_PATHS["/{proxy+}"][1]["options"]
    answer = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    told = {name.removeprefix("method.response.header."): value for name, value in answer["responseParameters"].items()}
    assert told.keys() == operation["responses"][answer["statusCode"]]["headers"].keys()
    assert told["X-Request-ID"] == "context.requestId"
    assert told["Access-Control-Allow-Origin"] == "'${CorsAllowOrigin}'"
    assert parts_of(told["Access-Control-Allow-Methods"]) == {method for f in FUNCTIONS for method, _ in f.routes}
    assert parts_of(told["Access-Control-Allow-Headers"]) >= documented_headers() | {"Authorization", "Content-Type"}


def test_nothing_is_reserved_of_an_accounts_concurrency_unless_asked_for() -> None:
    """A new account has a concurrency of 10, and may not reserve what would leave less than 10 unreserved ("Lambda
    quotas", "Configuring reserved concurrency for a function"): its first deployment would be rolled back.
    """
    assert PARAMETERS["SweepReservedConcurrency"]["Default"] == 0
    for environment in ("default", "localstack", "staging", "prod"):
        assert "SweepReservedConcurrency" not in str(deploy_options(environment).get("parameter_overrides"))


def test_the_gateways_rate_is_told_to_be_that_of_a_route() -> None:
    """Limits of a stage "are applied at the API method level" (API Gateway, "Throttle requests to your REST APIs for
    better throughput"). Over all routes the account's own quota holds, which differs and can be raised.
    """
    for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        assert "to each route" in PARAMETERS[name]["Description"]
        assert "MaxValue" not in PARAMETERS[name]


def test_alarms_of_staging_and_prod_reach_somebody() -> None:
    rule = template()["Rules"]["AlarmsReachSomebody"]
    assert rule["RuleCondition"] == [[["Environment", "dev"]], [["Monitoring", "never"]]]
    assert [assertion["Assert"] for assertion in rule["Assertions"]] == [[["AlarmEmail", ""]]]


@pytest.mark.parametrize("environment", ["default", "localstack", "staging", "prod"])
def test_sam_may_make_roles_and_expand_what_is_nested(environment: str) -> None:
    """A nested stack beside a transform asks for CAPABILITY_AUTO_EXPAND (CloudFormation, CreateStack, Capabilities)."""
    capabilities = deploy_options(environment)["capabilities"].split()
    assert capabilities == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_an_unknown_route_is_a_404() -> None:
    assert GATEWAY_RESPONSES["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == 404


def parts_of(mapping: str) -> set[str]:
    return set(mapping.strip("'").split(","))


def operation_of(function: Function) -> Mapping[str, Any]:
    """What the OpenAPI document says of a function's route."""
    document = json.loads((ROOT / "functions" / "ops" / "openapi.json").read_text())
    method, path = function.routes[0]
    operation: Mapping[str, Any] = document["paths"].get(path, {}).get(method.lower(), {})
    return operation


def documented_headers() -> set[str]:
    """The headers that operations of the OpenAPI document take."""
    document = json.loads((ROOT / "functions" / "ops" / "openapi.json").read_text())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    return {taken["name"] for found in operations for taken in found.get("parameters", []) if taken["in"] == "header"}


def routes_of(module: ModuleType) -> list[tuple[str, str]]:
    return [(method, route.path) for route in api_routes(module) for method in sorted(route.methods or ())]


def api_routes(module: ModuleType) -> list[APIRoute]:
    router = getattr(module, "router", APIRouter())
    return [route for route in router.routes if isinstance(route, APIRoute)]


def in_snake_case(name: str) -> str:
    """`CreateBooking` as `create_booking`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def in_camel_case(name: str) -> str:
    """`create_booking` as `createBooking`."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def models() -> Iterator[Any]:
    """Every item of every table."""
    items = importlib.import_module("booking.dynamodb.items")
    remaining = list(items.Item.__subclasses__())
    while remaining:
        model = remaining.pop()
        remaining.extend(model.__subclasses__())
        if hasattr(model, "Meta"):
            yield model


def key_names(model: Any) -> list[str]:
    keys = [model._hash_key_attribute(), model._range_key_attribute()]
    return [key.attr_name for key in keys if key is not None]


def names_of(key_schema: list[Mapping[str, str]]) -> list[str]:
    return [key["AttributeName"] for key in key_schema]


def variable_of(table: str) -> str:
    """UsersTable is named to functions by USERS_TABLE."""
    return next(variable for variable, value in VARIABLES.items() if value == table)
