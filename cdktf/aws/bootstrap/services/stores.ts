import { arn } from '../scope.ts'
import { named, type Permissions } from './row.ts'

/** What keeps data. */
export const STORES = {
  s3: {
    types: ['aws_s3_'],
    // HeadBucket is s3:ListBucket: names of objects, never their content.
    read: [
      's3:GetBucket*',
      's3:GetAccelerateConfiguration',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetReplicationConfiguration',
      's3:ListBucket',
      's3:ListTagsForResource',
    ],
    readOf: ({ prefix }) => [`arn:aws:s3:::${prefix}-*`],
    write: ({ prefix }) => [
      {
        actions: [
          's3:CreateBucket',
          's3:DeleteBucket',
          's3:DeleteBucketPolicy',
          's3:PutBucket*',
          's3:PutEncryptionConfiguration',
          's3:PutLifecycleConfiguration',
          's3:TagResource',
          's3:UntagResource',
        ],
        resources: [`arn:aws:s3:::${prefix}-*`],
      },
    ],
  },
  dynamodb: {
    types: ['aws_dynamodb_'],
    read: [
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:DescribeTable',
      'dynamodb:DescribeTimeToLive',
      'dynamodb:ListTagsOfResource',
    ],
    write: named(
      'dynamodb',
      [
        'dynamodb:CreateTable',
        'dynamodb:DeleteTable',
        'dynamodb:TagResource',
        'dynamodb:UntagResource',
        'dynamodb:UpdateContinuousBackups',
        'dynamodb:UpdateTable',
        'dynamodb:UpdateTimeToLive',
      ],
      'table/PREFIX-*',
    ),
  },
  rds: {
    types: ['aws_db_'],
    read: ['rds:Describe*', 'rds:ListTagsForResource'],
    write: (scope) => [
      ...named(
        'rds',
        [
          'rds:AddTagsToResource',
          'rds:CreateDB*',
          'rds:DeleteDB*',
          'rds:ModifyDB*',
          'rds:RebootDBInstance',
          'rds:RemoveTagsFromResource',
          'rds:ResetDBParameterGroup',
          'rds:StartDBInstance',
          'rds:StopDBInstance',
        ],
        'db:PREFIX-*',
        'subgrp:PREFIX-*',
        'pg:PREFIX-*',
        'snapshot:PREFIX-*',
      )(scope),
      // RDS keeps the password of the database in a secret of its own, made in the name of who makes the database.
      {
        actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource', 'secretsmanager:RotateSecret'],
        resources: [arn(scope, 'secretsmanager', 'secret:rds!db-*')],
      },
      { actions: ['kms:DescribeKey'], resources: [arn(scope, 'kms', 'key/*')] },
    ],
  },
  secretsmanager: {
    types: ['aws_secretsmanager_'],
    read: ['secretsmanager:DescribeSecret', 'secretsmanager:GetResourcePolicy'],
    write: named(
      'secretsmanager',
      ['secretsmanager:CancelRotateSecret', 'secretsmanager:RotateSecret'],
      'secret:rds!db-*',
    ),
  },
  elasticache: {
    types: ['aws_elasticache_'],
    read: ['elasticache:Describe*', 'elasticache:ListTagsForResource'],
    write: named(
      'elasticache',
      [
        'elasticache:AddTagsToResource',
        'elasticache:CreateCacheSubnetGroup',
        'elasticache:CreateReplicationGroup',
        'elasticache:DecreaseReplicaCount',
        'elasticache:DeleteCacheSubnetGroup',
        'elasticache:DeleteReplicationGroup',
        'elasticache:IncreaseReplicaCount',
        'elasticache:ModifyCacheSubnetGroup',
        'elasticache:ModifyReplicationGroup*',
        'elasticache:RemoveTagsFromResource',
      ],
      'replicationgroup:PREFIX-*',
      'cluster:PREFIX-*',
      'subnetgroup:PREFIX-*',
      // Whose defaults a new group starts from.
      'parametergroup:default.*',
    ),
  },
} satisfies Permissions
