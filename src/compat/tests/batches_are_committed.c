// SPDX-License-Identifier: GPL-2.0-only
/* since 5.0, commit d666ba98f849 */
/* Before that, the last of a batch was known to be the last. */
#include <linux/blk-mq.h>

void xbf_test(const struct blk_mq_ops *ops, struct blk_mq_hw_ctx *hctx);
void xbf_test(const struct blk_mq_ops *ops, struct blk_mq_hw_ctx *hctx)
{
	ops->commit_rqs(hctx);
}
