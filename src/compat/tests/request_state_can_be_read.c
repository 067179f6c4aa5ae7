// SPDX-License-Identifier: GPL-2.0-only
/* since 5.5, commit "blk-mq: Inline request status checkers" */
#include <linux/blk-mq.h>

bool xbf_test(struct request *rq);
bool xbf_test(struct request *rq)
{
	return blk_mq_rq_state(rq) == MQ_RQ_IN_FLIGHT;
}
