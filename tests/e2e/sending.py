"""What the emulator needs so that functions can send mail under IAM.

Its SES knows senders only once they are verified, as everywhere. Its IAM sees every `ses:SendRawEmail` as one on the
resource `*`, so that a policy for one identity, which AWS wants, never matches: the deployed policies are widened to
`*` here. That the action itself is needed is still enforced.
"""

import json

from tests.e2e.deployed import MAIL_SENDER, DeployedStack, name_of, statements_of


def let_mail_out(stack: DeployedStack) -> None:
    """Verifies the sender and widens the policy of the function that sends."""
    stack.client("ses").verify_email_identity(EmailAddress=MAIL_SENDER)
    resources = stack.client("cloudformation").describe_stack_resources(StackName=name_of(stack))["StackResources"]
    roles = {about["LogicalResourceId"]: about["PhysicalResourceId"] for about in resources}
    iam = stack.client("iam")
    role = roles["SendMailRole"]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        statements = document["Statement"] = statements_of(document)
        for statement in statements:
            if statement["Action"] == "ses:SendRawEmail":
                statement["Resource"] = "*"
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
